// The backends the suite runs on. CTest runs one at a time by filter: socket/*, io_uring/*, sim/*.
#include "tests/conformance/instances.h"

#include "tests/conformance/suite.h"

namespace rackcast::testing {
namespace {

RACKCAST_ON_EVERY_BACKEND(PacketIoConformance);

}  // namespace
}  // namespace rackcast::testing
