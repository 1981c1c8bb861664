// One maker for each kind of operation; ops.cpp lists them.
#pragma once

#include "../op.hpp"

namespace clarinet {

using OpMaker = std::unique_ptr<Op> (*)(const OpSpec&);

// The function of a specification whose kind is its name; throws std::invalid_argument for an unknown one.
Elementwise elementwise(const OpSpec&);

std::unique_ptr<Op> make_activation(const OpSpec&);
std::unique_ptr<Op> make_activity_regularization(const OpSpec&);
std::unique_ptr<Op> make_add(const OpSpec&);
std::unique_ptr<Op> make_add_loss(const OpSpec&);
std::unique_ptr<Op> make_argmax(const OpSpec&);
std::unique_ptr<Op> make_argsort(const OpSpec&);
std::unique_ptr<Op> make_attention(const OpSpec&);
std::unique_ptr<Op> make_average(const OpSpec&);
std::unique_ptr<Op> make_average_pooling(const OpSpec&);
std::unique_ptr<Op> make_batch_normalization(const OpSpec&);
std::unique_ptr<Op> make_choose(const OpSpec&);
std::unique_ptr<Op> make_concatenate(const OpSpec&);
std::unique_ptr<Op> make_conv(const OpSpec&);
std::unique_ptr<Op> make_conv_transpose(const OpSpec&);
std::unique_ptr<Op> make_cumprod(const OpSpec&);
std::unique_ptr<Op> make_cumsum(const OpSpec&);
std::unique_ptr<Op> make_dense(const OpSpec&);
std::unique_ptr<Op> make_depthwise(const OpSpec&);
std::unique_ptr<Op> make_dot(const OpSpec&);
std::unique_ptr<Op> make_draw(const OpSpec&);
std::unique_ptr<Op> make_dropout(const OpSpec&);
std::unique_ptr<Op> make_embedding(const OpSpec&);
std::unique_ptr<Op> make_gaussian_dropout(const OpSpec&);
std::unique_ptr<Op> make_gaussian_noise(const OpSpec&);
std::unique_ptr<Op> make_group_normalization(const OpSpec&);
std::unique_ptr<Op> make_held(const OpSpec&);
std::unique_ptr<Op> make_labels(const OpSpec&);
std::unique_ptr<Op> make_map(const OpSpec&);
std::unique_ptr<Op> make_matmul(const OpSpec&);
std::unique_ptr<Op> make_max_pooling(const OpSpec&);
std::unique_ptr<Op> make_maximum(const OpSpec&);
std::unique_ptr<Op> make_minimum(const OpSpec&);
std::unique_ptr<Op> make_multiply(const OpSpec&);
std::unique_ptr<Op> make_normalization(const OpSpec&);
std::unique_ptr<Op> make_permute(const OpSpec&);
std::unique_ptr<Op> make_pick(const OpSpec&);
std::unique_ptr<Op> make_prelu(const OpSpec&);
std::unique_ptr<Op> make_reduce(const OpSpec&);
std::unique_ptr<Op> make_resampling(const OpSpec&);
std::unique_ptr<Op> make_recurrent(const OpSpec&);
std::unique_ptr<Op> make_rescaling(const OpSpec&);
std::unique_ptr<Op> make_softmax(const OpSpec&);
std::unique_ptr<Op> make_stop(const OpSpec&);
std::unique_ptr<Op> make_subtract(const OpSpec&);
std::unique_ptr<Op> make_take(const OpSpec&);
std::unique_ptr<Op> make_write(const OpSpec&);
std::unique_ptr<Op> make_permuted(const OpSpec&);

// Whether a name is one of map-inl.hpp's functions.
bool is_map(const std::string& kind);

}  // namespace clarinet
