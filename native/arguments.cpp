// What Python hands over: checked, and in the engine's terms.
#include <nanobind/stl/string.h>

#include <string>

#include "bindings.hpp"

namespace nb = nanobind;

namespace clarinet {

Dtype dtype_of(const Array& array) {
  const nb::dlpack::dtype d = array.dtype();
  using Code = nb::dlpack::dtype_code;
  struct Known {
    Code code;
    int bits;
    Dtype dtype;
  };
  constexpr Known known[] = {
      {Code::UInt, 8, Dtype::u8},   {Code::Int, 8, Dtype::i8},    {Code::UInt, 16, Dtype::u16}, {Code::Int, 16, Dtype::i16},
      {Code::UInt, 32, Dtype::u32}, {Code::Int, 32, Dtype::i32},  {Code::UInt, 64, Dtype::u64}, {Code::Int, 64, Dtype::i64},
      {Code::Float, 32, Dtype::f32}, {Code::Float, 64, Dtype::f64},
  };
  for (const Known& k : known)
    if (d.code == static_cast<uint8_t>(k.code) && d.bits == k.bits && d.lanes == 1) return k.dtype;
  throw std::invalid_argument("an array's dtype has no native form");
}

Source source_of(const Array& array) {
  require(array.ndim() >= 1, "expected an array of rows, received a number");
  Source source;
  source.data = array.data();
  source.dtype = dtype_of(array);
  source.rows = static_cast<int64_t>(array.shape(0));
  source.columns = 1;
  for (size_t axis = array.ndim(); axis-- > 1;) {
    require(array.shape(axis) == 1 || array.stride(axis) == source.columns, "the numbers of a row are not contiguous");
    source.columns *= static_cast<int64_t>(array.shape(axis));
  }
  source.stride = array.stride(0) * static_cast<int64_t>(array.itemsize());
  return source;
}

namespace {

Source sparse_of(const nb::tuple& rows) {
  static const float nothing = 0.0f;
  require(rows.size() == 4, "expected values, columns, starts and the width of sparse rows");
  const Source values = source_of(nb::cast<Array>(rows[0], false)), places = source_of(nb::cast<Array>(rows[1], false)),
               starts = source_of(nb::cast<Array>(rows[2], false));
  require(values.dtype == Dtype::f32 && places.dtype == Dtype::i32 && starts.dtype == Dtype::i64, "sparse rows of another dtype");
  require(values.rows == places.rows && starts.rows > 0, "sparse rows whose parts differ in length");
  Source source;
  source.data = values.data ? values.data : &nothing;
  source.rows = starts.rows - 1, source.columns = whole(rows[3], "width", 0);
  source.starts = static_cast<const int64_t*>(starts.data), source.places = static_cast<const int32_t*>(places.data);
  require(source.starts[0] >= 0 && source.starts[source.rows] <= values.rows, "sparse rows leave their numbers");
  return source;
}

}  // namespace

Source rows_of(nb::handle array) {
  if (nb::isinstance<nb::tuple>(array)) return sparse_of(nb::borrow<nb::tuple>(array));
  return source_of(nb::cast<Array>(array, false));
}

int64_t whole(nb::handle value, const char* name, int64_t low) {
  const auto number = nb::steal(PyNumber_Index(value.ptr()));
  int overflow = 0;
  const int64_t found = number ? PyLong_AsLongLongAndOverflow(number.ptr(), &overflow) : 0;
  PyErr_Clear();
  if (number && overflow == 0 && found >= low) return found;
  const std::string received = nb::cast<std::string>(nb::repr(value));
  const std::string expected = "expected a whole number from " + std::to_string(low) + " to 2**63 - 1";
  throw nb::value_error((std::string(name) + ": " + expected + ", received " + received).c_str());
}

namespace {
// Where an array's memory is, and how many bytes; nothing and -1 of what is not contiguous.
struct Extent {
  const char* begin = nullptr;
  int64_t bytes = -1;

  explicit Extent(nb::handle array) {
    Py_buffer view;
    if (PyObject_GetBuffer(array.ptr(), &view, PyBUF_SIMPLE) != 0) {
      PyErr_Clear();
      return;
    }
    begin = static_cast<const char*>(view.buf);
    bytes = view.len;
    PyBuffer_Release(&view);
  }
};
}  // namespace

int64_t common_begin(nb::list parts, nb::list offsets, nb::handle owner, int64_t size) {
  require(parts.size() == offsets.size(), "common_begin: expected an offset for each part");
  const Extent whole(owner);
  int64_t begin = -1;
  for (size_t i = 0; i < parts.size(); ++i) {
    const Extent part(parts[i]);
    if (part.bytes < 0 || whole.bytes < 0 || parts[i].attr("base").ptr() != owner.ptr()) return -1;
    const int64_t here = part.begin - whole.begin - nb::cast<int64_t>(offsets[i]);
    if (here < 0 || here + size > whole.bytes || (i > 0 && here != begin)) return -1;
    begin = here;
  }
  return begin;
}

}  // namespace clarinet
