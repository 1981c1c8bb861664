// Included once per instruction set. No standard library containers or algorithms here: an inline function of theirs
// compiled with wider vectors could be the copy that the linker keeps for the baseline path too.
#include "attention-inl.hpp"
#include "depthwise-inl.hpp"
#include "rank1_update-inl.hpp"
#include "elementwise-inl.hpp"
#include "kernels.hpp"
#include "losses-inl.hpp"
#include "map-inl.hpp"
#include "normalize-inl.hpp"
#include "pooling-inl.hpp"
#include "product-inl.hpp"
#include "recurrence-inl.hpp"
#include "rows-inl.hpp"
#include "sparse-inl.hpp"
#include "update-inl.hpp"
#include "window-inl.hpp"

#define CLARINET_TEXT_(x) #x
#define CLARINET_TEXT(x) CLARINET_TEXT_(x)
#define CLARINET_JOIN_(a, b) a##b
#define CLARINET_JOIN(a, b) CLARINET_JOIN_(a, b)

namespace clarinet {

const KernelTable& CLARINET_JOIN(kernels_, CLARINET_ISA_NAME)() {
  static constexpr KernelTable table{
      CLARINET_TEXT(CLARINET_ISA_NAME),
      kLanes,
      product,
      sparse_product,
      gathered_product,
      window_sums,
      add_windows,
      depthwise,
      depthwise_back,
      depthwise_gradient,
      max_pool,
      max_pool_back,
      mean_pool,
      mean_pool_back,
      rank1_update,
      dot,
      weighted_rows,
      take_rows,
      add_rows,
      transpose,
      column_sums,
      activate<>,
      activate_back<>,
      softmax,
      softmax_back,
      log_softmax,
      log_softmax_back,
      affine,
      multiply,
      map,
      map_back,
      reduce,
      spread,
      simple_step,
      simple_step_back,
      lstm_step,
      lstm_step_back,
      gru_step,
      gru_step_back,
      gru_reset,
      gru_reset_back,
      gru_mix,
      gru_mix_back,
      attention,
      attention_back,
      kLosses,
      argmax,
      update,
      average,
      add_penalty,
      clip,
      sum_squares,
      sum_absolute,
      distance_squared,
      dropout_mask,
      to_floats,
      moments,
      normalize,
      normalize_sums,
      normalize_back,
      standardize,
      standardize_back,
      prelu,
      prelu_sums,
  };
  return table;
}

}  // namespace clarinet
