// Python's interpreter lock, released as long as an Unlocked exists.
#pragma once

#include <nanobind/nanobind.h>

namespace clarinet {

// A thread of Python that is still in a native call when the interpreter ends must not ask for the lock any more: Python
// would end the thread from within our frames, which C++ does not survive. Such threads sleep until the process is gone.
class Unlocked {
 public:
  Unlocked() : state_(PyEval_SaveThread()) {}
  ~Unlocked() { lock(); }
  Unlocked(const Unlocked&) = delete;
  Unlocked& operator=(const Unlocked&) = delete;

  // Takes the lock for a moment; returns whether Ctrl-C was pressed, which Python handles when it continues.
  bool interrupted();

 private:
  void lock();

  PyThreadState* state_;
};

// To be called when the interpreter is about to end, with its lock held.
void interpreter_ends();

}  // namespace clarinet
