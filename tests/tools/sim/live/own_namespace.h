// A network namespace for one test program, with a veth pair in it: machines stand on `sim0`, the wire's other end is
// `wire0`. Everything goes with the process.
#pragma once

#include <gtest/gtest.h>

#include "tests/conformance/namespaces.h"

namespace rackcast::sim {

// Once per process; later calls give the first one's answer. Empty: done; else why it cannot be.
inline std::string enter_own_namespace() {
  static const std::string reason = [] {
    // The pair's own link is not needed: only that we are away from the host's network.
    static auto pair = rackcast::testing::NamespacePair::create();
    if (!pair) return pair.error().message;
    for (const std::vector<std::string>& command :
         std::vector<std::vector<std::string>>{{"ip", "link", "add", "sim0", "type", "veth", "peer", "name", "wire0"},
                                               {"ip", "link", "set", "sim0", "up"},
                                               {"ip", "link", "set", "wire0", "up"}}) {
      if (auto done = rackcast::testing::run_program(command); !done) return done.error().message;
    }
    return std::string();
  }();
  return reason;
}

class InOwnNamespace : public ::testing::Test {
 protected:
  void SetUp() override {
    const std::string reason = enter_own_namespace();
    if (!reason.empty()) GTEST_SKIP() << reason;
  }
};

}  // namespace rackcast::sim
