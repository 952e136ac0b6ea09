// Runs a suite on every backend, with segmentation offload and without. One macro because GoogleTest wants a literal
// prefix for each, and the prefix is what CTest filters by: socket/*, io_uring/*, sim/*.
#pragma once

#include <gtest/gtest.h>

#include <string>

#include "tests/conformance/world.h"

namespace rackcast::testing {

inline std::string name_of_kind(const ::testing::TestParamInfo<BackendKind>& info) {
  return info.param.offload ? "segmented" : "one_by_one";
}

}  // namespace rackcast::testing

// NOLINTBEGIN(cppcoreguidelines-macro-usage)
#define RACKCAST_ON_BACKEND(suite, backend)                                                              \
  INSTANTIATE_TEST_SUITE_P(backend, suite,                                                               \
                           ::testing::Values(BackendKind{#backend, true}, BackendKind{#backend, false}), \
                           ::rackcast::testing::name_of_kind)

#define RACKCAST_ON_EVERY_BACKEND(suite) \
  RACKCAST_ON_BACKEND(suite, socket);    \
  RACKCAST_ON_BACKEND(suite, io_uring);  \
  RACKCAST_ON_BACKEND(suite, sim)
// NOLINTEND(cppcoreguidelines-macro-usage)
