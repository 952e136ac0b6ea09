#include "tools/sim/live/fetcher.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>

#include "io_backends/socket/sockaddr.h"
#include "tools/sim/live/ftp_fetch.h"
#include "tools/sim/live/http_fetch.h"

namespace rackcast::sim {
namespace {

constexpr std::size_t kReservedDescriptors = 64;  // standard streams, UDP, netlink, reports, /proc
constexpr Span kWaitingTick = std::chrono::milliseconds(100);

std::unique_ptr<Fetch> make_fetch(FetchHost& host, FetchOrder order) {
  if (order.request.scheme == Scheme::kFtp) return std::make_unique<FtpFetch>(host, std::move(order));
  return std::make_unique<HttpFetch>(host, std::move(order));
}

}  // namespace

Result<std::size_t> claim_descriptors() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return kReservedDescriptors;
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
  ::getrlimit(RLIMIT_NOFILE, &limit);
  const auto all = static_cast<std::size_t>(limit.rlim_cur);
  if (all < kDescriptorsMin)
    return rackcast::fail("only " + std::to_string(all) + " file descriptors are allowed, and a run needs at least " +
                          std::to_string(kDescriptorsMin) + "; raise the limit (ulimit -n)");
  return all > 2 * kReservedDescriptors ? all - kReservedDescriptors : all / 2;
}

Fetcher::Fetcher(EventLoop& loop, FetchReceiver& receiver, std::size_t descriptors_max, Reach reach, Span wait_max)
    : loop_(loop),
      receiver_(receiver),
      descriptors_max_(descriptors_max),
      reach_(reach),
      wait_max_(wait_max),
      buffer_(kReadBufferBytes) {}

Fetcher::~Fetcher() {
  loop_.timers().cancel(*this);
  for (auto& [machine, fetches] : running_)
    for (const auto& fetch : fetches) fetch->stop();
}

// Begins on the next turn: nothing is called back from here.
void Fetcher::order(Instant now, FetchOrder order) {
  const Instant give_up = now + wait_max_;
  waiting_.push_back({std::move(order), give_up});
  loop_.timers().set(*this, now);
}

void Fetcher::cancel(MachineId machine) {
  const auto found = running_.find(machine);
  if (found != running_.end()) {
    for (auto& fetch : found->second) {
      fetch->stop();
      over_.push_back(std::move(fetch));
      --running_count_;
    }
    running_.erase(found);
  }
  std::erase_if(waiting_, [&](const Waiting& waiting) { return waiting.order.machine == machine; });
  for (auto idle = idle_of_.find(machine); idle != idle_of_.end(); idle = idle_of_.find(machine))
    drop_idle(idle->second);
}

void Fetcher::on_time(Instant now) {
  over_.clear();
  start_waiting(now);
  if (!waiting_.empty()) loop_.timers().set(*this, now + kWaitingTick);
}

void Fetcher::start_waiting(Instant now) {
  while (!waiting_.empty() && (has_room() || make_room())) {
    FetchOrder next = std::move(waiting_.front().order);
    waiting_.pop_front();
    start(now, std::move(next));
  }
  had_to_wait_ = std::max<std::uint64_t>(had_to_wait_, waiting_.size());
  while (!waiting_.empty() && (waiting_.front().give_up <= now || waiting_.size() > kWaitingMax)) {
    const FetchOrder late = std::move(waiting_.front().order);
    waiting_.pop_front();
    fail(now, late);
  }
}

void Fetcher::start(Instant now, FetchOrder order) {
  const MachineId machine = order.machine;
  ++running_count_;
  auto& fetch = running_[machine].emplace_back(make_fetch(*this, std::move(order)));
  fetch->start(now);
}

void Fetcher::fail(Instant now, const FetchOrder& order) {
  FetchEvent event;
  event.id = order.request.id;
  event.done = true;
  event.failure = Failure::kLocal;
  receiver_.on_fetch_event(now, order.machine, event);
}

bool Fetcher::make_room() {
  while (!has_room() && !idle_.empty()) drop_idle(idle_.begin());
  return has_room();
}

Dialled Fetcher::dial(const FetchOrder& order, const net::Endpoint& to) {
  if (order.source.is_any() || !to.address.is_v4()) return {{}, Failure::kLocal};
  if (!reach_.includes(to.address)) {  // where a redirect led
    ++beyond_reach_;
    return {{}, Failure::kLocal};
  }
  FileDescriptor socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!socket.valid()) return {{}, Failure::kLocal};
  const int on = 1;
  ::setsockopt(socket.get(), IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof(on));
  ::setsockopt(socket.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
  if (order.bytes_per_second != 0) {
    const int room = ReadAllowance::kSocketBufferBytes;
    ::setsockopt(socket.get(), SOL_SOCKET, SO_RCVBUF, &room, sizeof(room));
  }
  io::SocketAddress name{};
  socklen_t size = io::write_sockaddr({order.source, net::UdpPort{0}}, 0, name);
  if (::bind(socket.get(), &name.any, size) != 0) return {{}, failure_of(errno)};
  size = io::write_sockaddr(to, 0, name);
  if (::connect(socket.get(), &name.any, size) != 0 && errno != EINPROGRESS) return {{}, failure_of(errno)};
  ++descriptors_;
  return {std::move(socket), Failure::kNone};
}

FileDescriptor Fetcher::reuse(MachineId machine, const net::Endpoint& server) {
  const auto [first, last] = idle_of_.equal_range(machine);
  const auto found = std::find_if(first, last, [&](const auto& entry) { return entry.second->server == server; });
  if (found == last) return {};
  FileDescriptor socket = std::move(found->second->socket);
  idle_.erase(found->second);
  idle_of_.erase(found);
  return socket;
}

void Fetcher::keep(MachineId machine, const net::Endpoint& server, FileDescriptor socket) {
  idle_.push_back({machine, server, std::move(socket)});
  idle_of_.emplace(machine, std::prev(idle_.end()));
}

void Fetcher::drop_idle(IdleList::iterator idle) {
  const auto [first, last] = idle_of_.equal_range(idle->machine);
  const auto found = std::find_if(first, last, [&](const auto& entry) { return entry.second == idle; });
  if (found != last) idle_of_.erase(found);
  hang_up(std::move(idle->socket));
  idle_.erase(idle);
}

void Fetcher::hang_up(FileDescriptor socket) {
  socket.reset();
  --descriptors_;
}

void Fetcher::progress(Instant now, Fetch& fetch, const FetchEvent& event) {
  receiver_.on_fetch_event(now, fetch.order().machine, event);
}

// The event's text is the fetch's: it stays until the next turn.
void Fetcher::ended(Instant now, Fetch& fetch, const FetchEvent& event) {
  fetch.stop();
  const MachineId machine = fetch.order().machine;
  auto& fetches = running_[machine];
  const auto found =
      std::find_if(fetches.begin(), fetches.end(), [&](const auto& entry) { return entry.get() == &fetch; });
  over_.push_back(std::move(*found));
  --running_count_;
  fetches.erase(found);
  if (fetches.empty()) running_.erase(machine);
  loop_.timers().set(*this, now);
  receiver_.on_fetch_event(now, machine, event);
}

}  // namespace rackcast::sim
