// Lane threads allocate nothing after start: a real lane on a real backend serves a thousand simulated machines over
// loopback, image store and router included, while every operator new of its thread is counted.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <future>
#include <mutex>
#include <string>
#include <vector>

#include "core/engine/tftp/tftp_engine.h"
#include "core/images/image_store.h"
#include "core/recording/recording.h"
#include "core/runtime/lane_thread.h"
#include "core/runtime/work_router.h"
#include "io_backends/make_io.h"
#include "io_backends/socket/sockaddr.h"
#include "tests/support/allocation_count.h"
#include "tests/support/recording_io.h"
#include "tests/support/temporary_tree.h"
#include "tests/support/tftp_reader.h"

namespace rackcast {
namespace {

constexpr std::size_t kMachines = 1'000;
constexpr std::size_t kTids = 16;
constexpr auto kPatience = std::chrono::seconds(50);

class QuietEvents final : public EventSink {
 public:
  void emit(const Event&) override {}
};

MonotonicTime monotonic_now() {
  return MonotonicTime(std::chrono::steady_clock::now().time_since_epoch());
}

// What the lane's thread says of its own allocations, each time it publishes.
class AllocationWatch {
 public:
  void publish() {  // lane thread
    const std::uint64_t now = testing::allocation_count();
    const std::scoped_lock lock(mutex_);
    if (!first_) first_ = now;
    latest_ = now;
    ++rounds_;
    changed_.notify_all();
  }
  // Allocations between the lane's first publish and one that comes after this call.
  std::uint64_t until_next_publish() {
    std::unique_lock lock(mutex_);
    const auto seen = rounds_;
    if (!changed_.wait_for(lock, kPatience, [&] { return rounds_ > seen; })) ADD_FAILURE() << "the lane stands still";
    return latest_ - *first_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::optional<std::uint64_t> first_;
  std::uint64_t latest_ = 0;
  std::uint64_t rounds_ = 0;
};

// A machine: the client's state and its socket.
struct BootingMachine {
  std::unique_ptr<testing::TftpReader> client;
  FileDescriptor socket;

  void send_outbox() {
    for (const auto& sent : client->outbox()) {
      io::SocketAddress name{};
      const socklen_t size = io::write_sockaddr(sent.to, 0, name);
      sendto(socket.get(), sent.payload.data(), sent.payload.size(), 0, &name.any, size);
    }
    client->outbox().clear();
  }
};

class LaneAllocation : public ::testing::TestWithParam<IoKind> {
 protected:
  LaneAllocation() {
    rlimit files{};
    getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
    for (std::size_t i = 0; i < content_.size(); ++i) content_[i] = static_cast<char>(i * 31 + i / 251);
    tree_.write("vmlinuz", content_);
    auto store = ImageStore::create({.root = tree_.path("")}, [this](LaneId, Completion completion) {
      return ports_[0]->post(std::move(completion));
    });
    EXPECT_TRUE(store.has_value());
    store_ = std::move(*store);
    ports_.push_back(std::make_unique<LanePort>());
    router_ = std::make_unique<ThreadedWorkRouter>(store_.get(), nullptr, ports_, [](const Machine&) {});
    start_lane();
  }

  void start_lane() {
    std::vector<io::SocketSpec> specs(1 + kTids);
    for (auto& spec : specs) spec.bind.address = net::Ipv4Address(127, 0, 0, 1);
    auto sockets = io::SocketSet::open(std::move(specs));
    ASSERT_TRUE(sockets.has_value()) << sockets.error().message;
    port_ = sockets->sockets()[0].local.port.value();

    auto config = std::make_shared<Config>();
    config->tftp.emplace().root = tree_.path("");
    LaneThreadSetup setup;
    setup.make_io = [&]() -> Result<std::unique_ptr<PacketIo>> {
      auto made = io::make_packet_io(GetParam(), std::move(*sockets));
      if (!made) return tl::make_unexpected(made.error());
      fallback_ = made->fallback_reason;
      return std::move(made->io);
    };
    setup.make_lane = [&](PacketIo& packet_io) {
      engine::TftpSetup tftp{.config = config, .root = tree_.path("")};
      tftp.listeners = {SocketId{0}};
      for (std::uint16_t i = 1; i <= kTids; ++i) tftp.tids.v4.push_back(SocketId{i});
      tftp.epoch = &store_->epoch();
      tftp.seed = 7;
      LaneSetup lane_setup;
      lane_setup.route.assign(1 + kTids, 0);
      lane_setup.engines.push_back(std::make_unique<engine::TftpEngine>(std::move(tftp)));
      auto lane = std::make_unique<Lane>(std::move(lane_setup), packet_io, *ports_[0], events_, *router_);
      lane->on_publish = [this](const Lane&) { watch_.publish(); };
      return lane;
    };
    auto thread = LaneThread::start(std::move(setup), *ports_[0]);
    ASSERT_TRUE(thread.has_value()) << thread.error().message;
    thread_ = std::move(*thread);
  }

  void start_machines() {
    poll_ = FileDescriptor(epoll_create1(EPOLL_CLOEXEC));
    const net::Endpoint server{net::Ipv4Address(127, 0, 0, 1), net::UdpPort(port_)};
    for (std::size_t i = 0; i < kMachines; ++i) {
      testing::ReaderPlan plan{.file = "vmlinuz"};
      plan.habits = {.options = testing::kAskTsizeBlksize, .blksize = 1'408, .windowsize = 4};
      if (i % 4 == 0) plan.habits.options = testing::kAskAll;  // a quarter asks for windows, as EDK2 does
      machines_.push_back({std::make_unique<testing::TftpReader>(plan, server),
                           FileDescriptor(socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0))});
      BootingMachine& machine = machines_.back();
      epoll_event event{.events = EPOLLIN, .data = {.u64 = i}};
      epoll_ctl(poll_.get(), EPOLL_CTL_ADD, machine.socket.get(), &event);
    }
    for (BootingMachine& machine : machines_) {
      machine.client->start(monotonic_now());
      machine.send_outbox();
    }
  }

  void read(BootingMachine& machine) {
    std::array<std::byte, 2'048> room;
    io::SocketAddress name{};
    socklen_t size = sizeof name;
    for (ssize_t got = 0; (got = recvfrom(machine.socket.get(), room.data(), room.size(), 0, &name.any, &size)) >= 0;) {
      machine.client->on_datagram(monotonic_now(), io::read_sockaddr(&name, size)->endpoint,
                                  std::span(room).first(static_cast<std::size_t>(got)));
      machine.send_outbox();
    }
  }

  // Until all machines are over, or patience is.
  void run_machines() {
    const auto end = std::chrono::steady_clock::now() + kPatience;
    std::array<epoll_event, 64> ready;
    for (bool running = true; running && std::chrono::steady_clock::now() < end;) {
      const int count = epoll_wait(poll_.get(), ready.data(), ready.size(), 100);
      for (int i = 0; i < count; ++i) read(machines_[ready[static_cast<std::size_t>(i)].data.u64]);
      running = false;
      for (BootingMachine& machine : machines_) {
        machine.client->on_time(monotonic_now());
        machine.send_outbox();
        running = running || !machine.client->over();
      }
    }
  }

  [[nodiscard]] std::size_t right_machines() const {
    const auto content = std::as_bytes(std::span(content_));
    return static_cast<std::size_t>(
        std::count_if(machines_.begin(), machines_.end(),
                      [&](const BootingMachine& machine) { return machine.client->has(content); }));
  }

  testing::TemporaryTree tree_;
  std::string content_ = std::string(60'000, '\0');
  AllocationWatch watch_;
  QuietEvents events_;
  std::vector<std::unique_ptr<LanePort>> ports_;
  std::unique_ptr<ImageStore> store_;
  std::unique_ptr<ThreadedWorkRouter> router_;
  std::string fallback_;
  std::uint16_t port_ = 0;
  std::unique_ptr<LaneThread> thread_;
  std::vector<BootingMachine> machines_;
  FileDescriptor poll_;
};

TEST_P(LaneAllocation, IsZeroWhileAThousandMachinesLoad) {
  if (!fallback_.empty()) GTEST_SKIP() << fallback_;
  (void)watch_.until_next_publish();
  start_machines();
  run_machines();
  EXPECT_EQ(watch_.until_next_publish(), 0U);
  EXPECT_EQ(right_machines(), kMachines);
}

// The same while the lane is recorded: all of it, from the first request to the last ACK.
TEST_P(LaneAllocation, IsZeroWhileItIsRecorded) {
  if (!fallback_.empty()) GTEST_SKIP() << fallback_;
  (void)watch_.until_next_publish();
  auto output = RecordOutput::take(FileDescriptor(::open("/dev/null", O_WRONLY | O_CLOEXEC)));
  ASSERT_TRUE(output);
  std::promise<RecordReport> ended;
  RecordingSetup setup;
  setup.lanes = {{LaneId{0}, ports_[0].get()}};
  setup.limits.bytes = std::uint64_t{1} << 40U;
  auto recording = Recording::start(std::move(setup), std::move(*output),
                                    [&](const RecordReport& report) { ended.set_value(report); });
  start_machines();
  run_machines();
  recording->stop();
  const RecordReport report = ended.get_future().get();
  EXPECT_EQ(watch_.until_next_publish(), 0U);
  EXPECT_EQ(right_machines(), kMachines);
  EXPECT_EQ(report.end, RecordEnd::kStopped);
  // Request, OACK and every block, unless the writer fell behind: then it is counted.
  const std::uint64_t least = kMachines * (1 + 1 + content_.size() / 1'408 + 1);
  EXPECT_GE(report.received + report.sent + report.dropped, least);
}

INSTANTIATE_TEST_SUITE_P(Backends, LaneAllocation, ::testing::Values(IoKind::kSocket, IoKind::kIoUring),
                         [](const auto& kind) { return kind.param == IoKind::kSocket ? "socket" : "io_uring"; });

}  // namespace
}  // namespace rackcast
