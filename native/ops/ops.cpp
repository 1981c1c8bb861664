#include "ops.hpp"

#include <stdexcept>

namespace clarinet {
namespace {

const std::map<std::string, OpMaker> kMakers = {
    {"activity_regularization", make_activity_regularization},
    {"add", make_add},
    {"average", make_average},
    {"average_pooling", make_average_pooling},
    {"batch_normalization", make_batch_normalization},
    {"concatenate", make_concatenate},
    {"conv", make_conv},
    {"dense", make_dense},
    {"dropout", make_dropout},
    {"max_pooling", make_max_pooling},
    {"maximum", make_maximum},
    {"multiply", make_multiply},
    {"rescaling", make_rescaling},
    {"softmax", make_softmax},
};

}  // namespace

std::unique_ptr<Op> make_op(const OpSpec& spec, float* params, float* state) {
  const auto found = kMakers.find(spec.kind);
  return found == kMakers.end() ? make_activation(spec, params, state) : found->second(spec, params, state);
}

double setting(const OpSpec& spec, const char* name) {
  const auto found = spec.settings.find(name);
  if (found == spec.settings.end()) throw std::invalid_argument(spec.kind + ": setting " + name + " is missing");
  return found->second;
}

}  // namespace clarinet
