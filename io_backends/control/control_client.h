// Asks a running daemon to do something: one request, one answer, over its control socket.
//
// Thread: one. Errors are sentences that say what to do.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/file_descriptor.h"
#include "core/result.h"
#include "io_backends/control/control_message.h"

namespace rackcast::io {

class ControlClient {
 public:
  [[nodiscard]] static Result<ControlClient> connect(const std::string& path);

  // `attached`: a descriptor that goes along; stays the caller's. -1: none.
  [[nodiscard]] Result<void> ask(std::string_view line, int attached = -1);
  // "Enough": what runs on our behalf ends, and the answer comes.
  void hang_up();

  // To be polled for reading.
  [[nodiscard]] int descriptor() const { return socket_.get(); }
  // The answer as far as it is there; nothing: not whole yet. Error: the daemon went away without one.
  [[nodiscard]] Result<std::optional<std::string>> read_answer();

 private:
  ControlClient(FileDescriptor socket, std::string path) : socket_(std::move(socket)), path_(std::move(path)) {}

  FileDescriptor socket_;
  std::string path_;
  LineReader reader_{kControlAnswerBytesMax};
};

}  // namespace rackcast::io
