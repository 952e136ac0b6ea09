// N TFTP clients from one thread: the load of the TFTP benches, for any server. Each client has its own source address
// (127/8 on loopback, or any range the namespace routes to itself) on one shared port, so that one socket, recvmmsg and
// sendmmsg carry them all and the generator costs less than what it measures.
//
//   tftp_clients --server 127.0.0.1:69 --file vmlinuz --clients 1000 --seconds 8 [--blksize 1468] [--window 1]
//                [--base 127.1.0.1] [--port 20000] [--core 1] [--bytes N]
//
// Every client fetches the file once, lock-step or windowed; its retry is 1 s, doubling, 5 times. Prints one JSON line:
// finished, failed, blocks, bytes, seconds until the last finished, timeouts, duplicates, own CPU seconds, p50/p99
// seconds per transfer. Bytes are counted and, with --bytes, checked against the expected size.
#include <netinet/in.h>
#include <poll.h>
#include <sched.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <string>
#include <vector>

#include "proto/net/address.h"
#include "proto/tftp/encode.h"
#include "proto/tftp/packet.h"

namespace {

using namespace rackcast;
using Clock = std::chrono::steady_clock;

constexpr int kBatch = 64;
constexpr int kTriesMax = 6;
constexpr std::size_t kDatagramMax = 65'536;

struct Settings {
  net::Endpoint server;
  std::string file;
  std::uint32_t clients = 1;
  double seconds_max = 8;
  std::uint32_t blksize = 1468;
  std::uint32_t window = 1;
  net::Ipv4Address base;
  std::uint16_t port = 20'000;
  int core = -1;
  std::uint64_t bytes_expected = 0;
};

enum class State : std::uint8_t { kRequesting, kReceiving, kFinished, kFailed };

struct Client {
  State state = State::kRequesting;
  std::uint16_t tid = 0;  // server's port, host order; 0 before the first answer
  std::uint32_t blksize = 512;
  std::uint32_t window = 1;
  std::uint32_t since_ack = 0;
  std::uint64_t next_block = 1;
  std::uint64_t bytes = 0;
  int tries = 0;
  Clock::time_point started;
  Clock::time_point deadline;
  double seconds = 0;
};

struct Totals {
  std::uint64_t blocks = 0, bytes = 0, timeouts = 0, duplicates = 0, finished = 0, failed = 0, errors = 0;
};

// One reply being built; sent in batches.
struct Outgoing {
  std::array<std::byte, 600> payload;
  std::size_t size = 0;
  sockaddr_in to{};
  alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(in_pktinfo))> control{};
};

class Load {
 public:
  explicit Load(const Settings& settings) : settings_(settings), clients_(settings.clients), out_(kBatch) {
    open_socket();
    const std::size_t room = settings.blksize + 64;
    buffers_.resize(kBatch * std::min(room, kDatagramMax));
    room_ = buffers_.size() / kBatch;
  }

  int run() {
    const auto start = Clock::now();
    for (std::uint32_t i = 0; i < clients_.size(); ++i) {
      clients_[i].started = Clock::now();
      request(i);
    }
    flush();
    const auto end =
        start + std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(settings_.seconds_max));
    auto next_sweep = start + std::chrono::milliseconds(100);
    last_finished_ = start;
    while (totals_.finished + totals_.failed < clients_.size() && Clock::now() < end) {
      receive();
      if (Clock::now() >= next_sweep) {
        sweep();
        next_sweep += std::chrono::milliseconds(100);
      }
      flush();
    }
    report(std::chrono::duration<double>(last_finished_ - start).count(),
           std::chrono::duration<double>(Clock::now() - start).count());
    return totals_.finished == clients_.size() ? 0 : 1;
  }

 private:
  void open_socket() {
    fd_ = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    const int on = 1, size = 64 << 20;
    sockaddr_in any{};
    any.sin_family = AF_INET;
    any.sin_port = htons(settings_.port);
    setsockopt(fd_, IPPROTO_IP, IP_PKTINFO, &on, sizeof on);
    if (setsockopt(fd_, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof size) != 0)
      setsockopt(fd_, SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
    if (setsockopt(fd_, SOL_SOCKET, SO_SNDBUFFORCE, &size, sizeof size) != 0)
      setsockopt(fd_, SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
    if (fd_ < 0 || bind(fd_, reinterpret_cast<sockaddr*>(&any), sizeof any) != 0) {
      std::perror("tftp_clients: cannot bind its port");
      std::exit(1);
    }
  }

  Outgoing& queue(std::uint32_t client) {
    if (queued_ == kBatch) flush();
    Outgoing& out = out_[static_cast<std::size_t>(queued_++)];
    out.to = {};
    out.to.sin_family = AF_INET;
    out.to.sin_addr.s_addr = htonl(settings_.server.address.v4().value());
    out.to.sin_port = htons(clients_[client].tid != 0 ? clients_[client].tid : settings_.server.port.value());
    msghdr header{};
    header.msg_control = out.control.data();
    header.msg_controllen = out.control.size();
    cmsghdr* control = CMSG_FIRSTHDR(&header);
    control->cmsg_level = IPPROTO_IP;
    control->cmsg_type = IP_PKTINFO;
    control->cmsg_len = CMSG_LEN(sizeof(in_pktinfo));
    in_pktinfo from{};
    from.ipi_spec_dst.s_addr = htonl(settings_.base.value() + client);
    std::memcpy(CMSG_DATA(control), &from, sizeof from);
    return out;
  }

  void flush() {
    std::array<mmsghdr, kBatch> messages{};
    std::array<iovec, kBatch> vectors{};
    for (int i = 0; i < queued_; ++i) {
      const auto at = static_cast<std::size_t>(i);
      vectors[at] = {out_[at].payload.data(), out_[at].size};
      msghdr& header = messages[at].msg_hdr;
      header.msg_name = &out_[at].to;
      header.msg_namelen = sizeof(sockaddr_in);
      header.msg_iov = &vectors[at];
      header.msg_iovlen = 1;
      header.msg_control = out_[at].control.data();
      header.msg_controllen = out_[at].control.size();
    }
    for (int sent = 0; sent < queued_;) {
      const int count = sendmmsg(fd_, messages.data() + sent, static_cast<unsigned>(queued_ - sent), 0);
      sent += std::max(count, 1);  // an error drops that one: the client's retry is part of the measurement
    }
    queued_ = 0;
  }

  void request(std::uint32_t index) {
    Client& client = clients_[index];
    tftp::Request rrq;
    rrq.filename = settings_.file;
    if (settings_.blksize != 512) rrq.options.blksize = settings_.blksize;
    rrq.options.tsize = 0;
    if (settings_.window > 1) rrq.options.windowsize = settings_.window;
    Outgoing& out = queue(index);
    out.size = tftp::encode_request(out.payload, rrq).size();
    arm(client);
  }

  void ack(std::uint32_t index, std::uint64_t block) {
    Client& client = clients_[index];
    Outgoing& out = queue(index);
    out.size = tftp::encode_ack(out.payload, tftp::to_wire(tftp::BlockIndex{block}, tftp::Rollover::kToZero)).size();
    client.since_ack = 0;
    client.tries = 0;
    arm(client);
  }

  static void arm(Client& client) {
    client.deadline = Clock::now() + std::chrono::seconds(1 << std::min(client.tries, 4));
  }

  void sweep() {
    const auto now = Clock::now();
    for (std::uint32_t i = 0; i < clients_.size(); ++i) {
      Client& client = clients_[i];
      if (client.state > State::kReceiving || now < client.deadline) continue;
      ++totals_.timeouts;
      if (++client.tries >= kTriesMax) {
        fail(client);
      } else if (client.state == State::kRequesting) {
        client.tid = 0;
        request(i);
      } else {
        const int tries = client.tries;
        ack(i, client.next_block - 1);
        client.tries = tries;
      }
    }
  }

  void fail(Client& client) {
    client.state = State::kFailed;
    ++totals_.failed;
  }

  void receive() {
    std::array<mmsghdr, kBatch> messages{};
    std::array<iovec, kBatch> vectors{};
    std::array<sockaddr_in, kBatch> names{};
    std::array<std::array<char, 128>, kBatch> controls{};
    for (std::size_t i = 0; i < kBatch; ++i) {
      vectors[i] = {buffers_.data() + i * room_, room_};
      msghdr& header = messages[i].msg_hdr;
      header = {};
      header.msg_name = &names[i];
      header.msg_namelen = sizeof(sockaddr_in);
      header.msg_iov = &vectors[i];
      header.msg_iovlen = 1;
      header.msg_control = controls[i].data();
      header.msg_controllen = controls[i].size();
    }
    int count = recvmmsg(fd_, messages.data(), kBatch, MSG_DONTWAIT, nullptr);
    if (count <= 0) {
      pollfd wait{fd_, POLLIN, 0};
      if (poll(&wait, 1, 50) <= 0) return;
      count = recvmmsg(fd_, messages.data(), kBatch, MSG_DONTWAIT, nullptr);
    }
    for (std::size_t i = 0; count > 0 && i < static_cast<std::size_t>(count); ++i) {
      const auto index = destination(messages[i].msg_hdr);
      if (index >= clients_.size()) continue;
      handle(index, ntohs(names[i].sin_port), {buffers_.data() + i * room_, messages[i].msg_len});
    }
  }

  std::uint32_t destination(msghdr& header) const {
    for (cmsghdr* c = CMSG_FIRSTHDR(&header); c != nullptr; c = CMSG_NXTHDR(&header, c)) {
      if (c->cmsg_level != IPPROTO_IP || c->cmsg_type != IP_PKTINFO) continue;
      in_pktinfo info{};
      std::memcpy(&info, CMSG_DATA(c), sizeof info);
      return ntohl(info.ipi_addr.s_addr) - settings_.base.value();
    }
    return UINT32_MAX;
  }

  void handle(std::uint32_t index, std::uint16_t port, std::span<const std::byte> datagram) {
    Client& client = clients_[index];
    if (client.state > State::kReceiving) return;
    if (client.tid != 0 && client.tid != port) return;
    client.tid = port;
    if (const auto data = tftp::parse_data(datagram)) return on_data(index, *data);
    if (const auto oack = tftp::parse_oack(datagram)) {
      if (client.state != State::kRequesting) return;
      client.state = State::kReceiving;
      client.blksize = static_cast<std::uint32_t>(oack->options.blksize.value_or(512));
      client.window = static_cast<std::uint32_t>(oack->options.windowsize.value_or(1));
      return ack(index, 0);
    }
    ++totals_.errors;
    fail(client);
  }

  void on_data(std::uint32_t index, const tftp::Data& data) {
    Client& client = clients_[index];
    client.state = State::kReceiving;
    const auto got = tftp::from_wire(data.block, tftp::BlockIndex{client.next_block}, tftp::Rollover::kToZero).value();
    if (got != client.next_block) {
      ++totals_.duplicates;
      if (got > client.next_block && client.since_ack > 0) ack(index, client.next_block - 1);  // a gap: ask again
      return;
    }
    ++totals_.blocks;
    totals_.bytes += data.payload.size();
    client.bytes += data.payload.size();
    ++client.next_block;
    const bool last = data.payload.size() < client.blksize;
    if (++client.since_ack >= client.window || last) ack(index, got);
    if (!last) return;
    const auto now = Clock::now();
    client.seconds = std::chrono::duration<double>(now - client.started).count();
    if (settings_.bytes_expected != 0 && client.bytes != settings_.bytes_expected) return fail(client);
    client.state = State::kFinished;
    ++totals_.finished;
    last_finished_ = now;
  }

  void report(double seconds_to_last, double seconds_run) {
    std::vector<double> times;
    for (const Client& client : clients_)
      if (client.state == State::kFinished) times.push_back(client.seconds);
    std::sort(times.begin(), times.end());
    const auto at = [&](double share) {
      return times.empty() ? 0.0 : times[static_cast<std::size_t>(share * static_cast<double>(times.size() - 1))];
    };
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    const auto seconds = [](timeval t) {
      return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) * 1e-6;
    };
    const bool all = totals_.finished == clients_.size();
    std::printf(
        "{\"clients\":%zu,\"finished\":%llu,\"failed\":%llu,\"blocks\":%llu,\"bytes\":%llu,\"seconds\":%.4f,"
        "\"timeouts\":%llu,\"duplicates\":%llu,\"errors\":%llu,\"client_cpu_s\":%.3f,\"p50_s\":%.4f,\"p99_s\":%.4f}\n",
        clients_.size(), ull(totals_.finished), ull(totals_.failed), ull(totals_.blocks), ull(totals_.bytes),
        all ? seconds_to_last : seconds_run, ull(totals_.timeouts), ull(totals_.duplicates), ull(totals_.errors),
        seconds(usage.ru_utime) + seconds(usage.ru_stime), at(0.5), at(0.99));
  }

  static unsigned long long ull(std::uint64_t value) { return value; }

  Settings settings_;
  std::vector<Client> clients_;
  std::vector<Outgoing> out_;
  std::vector<std::byte> buffers_;
  std::size_t room_ = 0;
  int queued_ = 0;
  int fd_ = -1;
  Totals totals_;
  Clock::time_point last_finished_;
};

}  // namespace

int main(int argc, char** argv) {
  Settings settings;
  std::string server = "127.0.0.1:69";
  std::string base = "127.1.0.1";
  CLI::App app("N TFTP clients from one thread");
  app.add_option("--server", server);
  app.add_option("--file", settings.file)->required();
  app.add_option("--clients", settings.clients)->check(CLI::Range(1, 60'000));
  app.add_option("--seconds", settings.seconds_max)->check(CLI::Range(0.1, 120.0));
  app.add_option("--blksize", settings.blksize)->check(CLI::Range(8, 65'464));
  app.add_option("--window", settings.window)->check(CLI::Range(1, 65'535));
  app.add_option("--base", base, "First client's source address");
  app.add_option("--port", settings.port);
  app.add_option("--core", settings.core);
  app.add_option("--bytes", settings.bytes_expected, "Expected size of the file");
  CLI11_PARSE(app, argc, argv);

  const auto endpoint = net::Endpoint::parse(server);
  const auto first = net::Ipv4Address::parse(base);
  if (!endpoint || !endpoint->address.is_v4() || !first) {
    std::fprintf(stderr, "tftp_clients: --server takes ADDRESS:PORT, --base an IPv4 address\n");
    return 2;
  }
  settings.server = *endpoint;
  settings.base = *first;
  if (settings.core >= 0) {
    cpu_set_t mask;
    CPU_ZERO(&mask);
    CPU_SET(static_cast<unsigned>(settings.core), &mask);
    sched_setaffinity(0, sizeof mask, &mask);
  }
  return Load(settings).run();
}
