// The backends the suite runs on. CTest runs one at a time by filter: socket/*, io_uring/*, sim/*.
#include "tests/conformance/suite.h"

namespace rackcast::testing {
namespace {

std::string name_of(const ::testing::TestParamInfo<BackendKind>& info) {
  return info.param.offload ? "segmented" : "one_by_one";
}

INSTANTIATE_TEST_SUITE_P(socket, PacketIoConformance,
                         ::testing::Values(BackendKind{"socket", true}, BackendKind{"socket", false}), name_of);
INSTANTIATE_TEST_SUITE_P(io_uring, PacketIoConformance,
                         ::testing::Values(BackendKind{"io_uring", true}, BackendKind{"io_uring", false}), name_of);
INSTANTIATE_TEST_SUITE_P(sim, PacketIoConformance,
                         ::testing::Values(BackendKind{"sim", true}, BackendKind{"sim", false}), name_of);

}  // namespace
}  // namespace rackcast::testing
