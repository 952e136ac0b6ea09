#include "io_backends/control/control_message.h"

#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <cstring>

namespace rackcast::io {

namespace {

// One descriptor is of use; a few more are taken, so that they can be closed.
constexpr std::size_t kDescriptorsMax = 4;

FileDescriptor descriptors_of(msghdr& message) {
  FileDescriptor last;
  for (cmsghdr* control = CMSG_FIRSTHDR(&message); control != nullptr; control = CMSG_NXTHDR(&message, control)) {
    if (control->cmsg_level != SOL_SOCKET || control->cmsg_type != SCM_RIGHTS) continue;
    const std::size_t count = (control->cmsg_len - CMSG_LEN(0)) / sizeof(int);
    for (std::size_t i = 0; i < count; ++i) {
      int descriptor = -1;
      std::memcpy(&descriptor, CMSG_DATA(control) + i * sizeof(int), sizeof descriptor);
      last = FileDescriptor(descriptor);
    }
  }
  return last;
}

}  // namespace

LineStatus LineReader::read(int socket) {
  for (;;) {
    std::array<char, 4'096> room;
    alignas(cmsghdr) std::array<char, CMSG_SPACE(kDescriptorsMax * sizeof(int))> control;
    iovec piece{room.data(), room.size()};
    msghdr message{};
    message.msg_iov = &piece;
    message.msg_iovlen = 1;
    message.msg_control = control.data();
    message.msg_controllen = control.size();
    const ssize_t count = ::recvmsg(socket, &message, MSG_CMSG_CLOEXEC | MSG_DONTWAIT);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return errno == EAGAIN || errno == EWOULDBLOCK ? LineStatus::kMore : LineStatus::kFailed;
    if (FileDescriptor got = descriptors_of(message)) descriptor_ = std::move(got);
    if (count == 0) return LineStatus::kEnd;
    const std::string_view text(room.data(), static_cast<std::size_t>(count));
    const std::size_t end = text.find('\n');
    line_ += text.substr(0, end);
    if (line_.size() > bytes_max_) return LineStatus::kTooLong;
    if (end != std::string_view::npos) return LineStatus::kLine;
  }
}

long send_text(int socket, std::string_view text, int descriptor) {
  iovec piece{const_cast<char*>(text.data()), text.size()};  // sendmsg does not write to it
  msghdr message{};
  message.msg_iov = &piece;
  message.msg_iovlen = 1;
  alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int))> control{};
  if (descriptor >= 0) {
    message.msg_control = control.data();
    message.msg_controllen = control.size();
    cmsghdr* const head = CMSG_FIRSTHDR(&message);
    head->cmsg_level = SOL_SOCKET;
    head->cmsg_type = SCM_RIGHTS;
    head->cmsg_len = CMSG_LEN(sizeof descriptor);
    std::memcpy(CMSG_DATA(head), &descriptor, sizeof descriptor);
  }
  for (;;) {
    const ssize_t count = ::sendmsg(socket, &message, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (count >= 0 || errno != EINTR) return count;
  }
}

}  // namespace rackcast::io
