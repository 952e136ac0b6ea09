// Where io_uring is forbidden the backend is sockets, with one line that says why. A child process forbids it to itself
// with a seccomp filter, as a container does.
#include <gmock/gmock.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstddef>

#include "io_backends/io_uring/ring.h"
#include "io_backends/make_io.h"

namespace rackcast::io {
namespace {

Result<MadeIo> make(IoKind kind) {
  SocketSpec spec;
  spec.bind.address = net::Ipv4Address(127, 0, 0, 1);
  spec.buffer_bytes = 65'536;
  auto sockets = SocketSet::open({spec});
  if (!sockets) return tl::make_unexpected(sockets.error());
  return make_packet_io(kind, std::move(*sockets));
}

bool forbid_io_uring(std::uint32_t error) {
  std::array<sock_filter, 4> code{{
      {BPF_LD | BPF_W | BPF_ABS, 0, 0, offsetof(seccomp_data, nr)},
      {BPF_JMP | BPF_JEQ | BPF_K, 0, 1, SYS_io_uring_setup},
      {BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ERRNO | error},
      {BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ALLOW},
  }};
  const sock_fprog program{code.size(), code.data()};
  return ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
}

// The datagram goes out and comes back: the backend works, whichever it is.
bool echoes(PacketIo& io) {
  TxSlot* slot = io.reserve();
  if (slot == nullptr) return false;
  slot->destination.peer = io.local_endpoint(SocketId{0});
  slot->add(33);
  io.commit(slot);
  io.flush();
  std::array<ReceivedDatagram, 4> batch;
  for (int i = 0; i < 100; ++i) {
    const std::size_t count = io.poll(batch, io.now().monotonic + std::chrono::milliseconds(50));
    if (count == 1 && batch[0].payload.size() == 33) {
      io.release(std::span(batch).first(1));
      return true;
    }
  }
  return false;
}

enum ChildAnswer { kAsExpected = 0, kNoFilter = 10, kNotMade, kNotSocket, kNoReason, kDeaf };

ChildAnswer fall_back_in_child(std::uint32_t error, std::string_view reason) {
  if (!forbid_io_uring(error)) return kNoFilter;
  auto made = make(IoKind::kIoUring);
  if (!made) return kNotMade;
  if (std::string_view(made->io->capabilities().name) != "socket") return kNotSocket;
  const std::string& line = made->fallback_reason;
  if (line.find(reason) == std::string::npos || line.find('\n') != std::string::npos) return kNoReason;
  return echoes(*made->io) ? kAsExpected : kDeaf;
}

int answer_of_child(std::uint32_t error, std::string_view reason) {
  const pid_t child = ::fork();
  if (child == 0) ::_exit(fall_back_in_child(error, reason));
  int status = 0;
  if (child < 0 || ::waitpid(child, &status, 0) != child || !WIFEXITED(status)) return -1;
  return WEXITSTATUS(status);
}

TEST(MakePacketIo, FallsBackToSocketsWhereIoUringIsForbidden) {
  EXPECT_EQ(answer_of_child(EPERM, "forbidden"), kAsExpected);
}

TEST(MakePacketIo, FallsBackToSocketsWhereTheKernelHasNoIoUring) {
  EXPECT_EQ(answer_of_child(ENOSYS, "no io_uring"), kAsExpected);
}

TEST(MakePacketIo, GivesIoUringWhereItRuns) {
  if (const auto available = io_uring_available(); !available) GTEST_SKIP() << available.error().message;
  const auto made = make(IoKind::kIoUring);
  ASSERT_TRUE(made.has_value()) << made.error().message;
  EXPECT_STREQ(made->io->capabilities().name, "io_uring");
  EXPECT_EQ(made->fallback_reason, "");
  EXPECT_TRUE(echoes(*made->io));
}

TEST(MakePacketIo, GivesSocketsWhenAsked) {
  const auto made = make(IoKind::kSocket);
  ASSERT_TRUE(made.has_value()) << made.error().message;
  EXPECT_STREQ(made->io->capabilities().name, "socket");
  EXPECT_EQ(made->fallback_reason, "");
  EXPECT_TRUE(echoes(*made->io));
}

TEST(MakePacketIo, SaysThatAKindIsNotBuilt) {
  EXPECT_FALSE(make(IoKind::kDpdk).has_value());
}

}  // namespace
}  // namespace rackcast::io
