// Two private network namespaces joined by a veth pair, made by the test process for itself: nothing outside is touched
// and everything goes when the process ends. Drawn in world.h. Needs root, or a kernel that lets users make namespaces.
#pragma once

#include <string>
#include <vector>

#include "core/file_descriptor.h"
#include "core/result.h"

namespace rackcast::testing {

class NamespacePair {
 public:
  // Moves the calling (only) thread into the server namespace and builds the link. Error: why it cannot be done.
  [[nodiscard]] static Result<NamespacePair> create();

  [[nodiscard]] int server() const { return server_.get(); }
  [[nodiscard]] int clients() const { return clients_.get(); }

 private:
  FileDescriptor server_;
  FileDescriptor clients_;
};

// The calling thread is inside `ns` while this lives. Sockets opened meanwhile stay there for good.
class InsideNamespace {
 public:
  InsideNamespace(int ns, int back);
  InsideNamespace(const InsideNamespace&) = delete;
  InsideNamespace& operator=(const InsideNamespace&) = delete;
  ~InsideNamespace();

 private:
  int back_;
};

// Runs a program (found by PATH) in the caller's namespace and waits for it. Error: its exit status.
[[nodiscard]] Result<void> run_program(const std::vector<std::string>& words);

}  // namespace rackcast::testing
