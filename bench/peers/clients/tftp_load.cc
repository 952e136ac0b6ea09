#include "bench/peers/clients/tftp_load.h"

#include <algorithm>
#include <array>
#include <fstream>
#include <iterator>

namespace rackcast::bench {

using sim::Failure;
using sim::Instant;
using sim::PartStatus;
using std::chrono::seconds;

namespace {

constexpr std::array<sim::Millis, 6> kWaits{seconds(1), seconds(2), seconds(4), seconds(8), seconds(16), seconds(16)};
constexpr sim::Span kSweepEvery = std::chrono::milliseconds(50);  // how late a repetition may be
constexpr std::uint32_t kAbsentNames = 10;                        // of one client: pxelinux's look-ups

Result<std::uint64_t> digest_of_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return fail("cannot read " + path + ", which the clients' bytes are compared with");
  sim::Digest digest;
  std::vector<char> piece(1U << 20U);
  while (file.read(piece.data(), static_cast<std::streamsize>(piece.size())) || file.gcount() > 0)
    digest.add(std::as_bytes(std::span(piece).first(static_cast<std::size_t>(file.gcount()))));
  return digest.value();
}

}  // namespace

struct TftpLoad::Client {
  sim::MachineIdentity identity;
  sim::PortMap ports;
  sim::TftpClient tftp;
  Instant started{};
  std::uint32_t requests = 0;
  bool running = false;
};

// The clients that share no address, and their sockets.
class TftpLoad::Group final : public sim::TftpReceiver {
 public:
  Group(TftpLoad& load, std::uint32_t first_client) : load_(load), first_client_(first_client) {}

  void on_tftp_datagram(Instant now, net::Ipv4Address local, std::uint8_t socket, const net::Endpoint& from,
                        std::span<const std::byte> payload) override {
    const std::uint32_t offset = local.value() - load_.settings_.first_address.value();
    if (offset < load_.settings_.addresses) load_.on_datagram(now, first_client_ + offset, socket, from, payload);
  }

  std::unique_ptr<sim::TftpPorts> ports;

 private:
  TftpLoad& load_;
  std::uint32_t first_client_;
};

TftpLoad::TftpLoad(const LoadSettings& settings) : settings_(settings), clients_(settings.clients) {
  if (settings_.addresses == 0) settings_.addresses = settings_.clients;
  if (settings_.kind == LoadKind::kReadFile) {
    options_.push_back(sim::TftpOption::kTsize);
    if (settings_.blksize != tftp::kBlockSizeDefault) options_.push_back(sim::TftpOption::kBlksize);
    if (settings_.windowsize > 1) options_.push_back(sim::TftpOption::kWindowsize);
  }
  habits_ = {.options = options_,
             .blksize = settings_.blksize,
             .windowsize = settings_.windowsize,
             .waits = kWaits,
             .unexpected = sim::UnexpectedBlock::kAckOncePerGap};
  for (std::uint32_t i = 0; i < clients_.size(); ++i) clients_[i].identity.id = sim::MachineId(i);
}

TftpLoad::~TftpLoad() = default;

Result<std::unique_ptr<TftpLoad>> TftpLoad::open(const LoadSettings& settings) {
  std::unique_ptr<TftpLoad> load(new TftpLoad(settings));
  const std::uint32_t addresses = load->settings_.addresses;
  if ((settings.clients + addresses - 1) / addresses > kGroupsMax)
    return fail("at most " + std::to_string(kGroupsMax) + " clients to an address");
  for (std::uint32_t first = 0; first < settings.clients; first += addresses) {
    auto& group = load->groups_.emplace_back(std::make_unique<Group>(*load, first));
    auto ports = sim::TftpPorts::open(load->loop_, load->timer_, *group, settings.arrivals);
    if (!ports) return tl::make_unexpected(ports.error());
    group->ports = std::move(*ports);
  }
  if (!settings.original.empty()) {
    const auto digest = digest_of_file(settings.original);
    if (!digest) return tl::make_unexpected(digest.error());
    load->digest_ = *digest;
  }
  return load;
}

LoadResult TftpLoad::run() {
  const Instant begin = timer_.now();
  const Instant end_of_run = begin + settings_.time_max;
  running_ = settings_.clients;
  last_end_ = begin;
  for (Client& client : clients_) {
    client.running = true;
    start(timer_.now(), client);
  }
  flush();
  Instant next_sweep = begin + kSweepEvery;
  for (Instant now = begin; running_ > 0 && now < end_of_run; now = timer_.now()) {
    loop_.turn(timer_, std::min(next_sweep, end_of_run));
    if (now >= next_sweep) {
      sweep(now);
      next_sweep = now + kSweepEvery;
    }
    flush();
  }
  result_.took = (running_ > 0 ? std::min(timer_.now(), end_of_run) : last_end_) - begin;
  for (const Client& client : clients_)
    if (client.running) result_.timeouts += client.tftp.own_timeouts();
  if (settings_.kind == LoadKind::kAskAbsent) result_.finished = running_;
  for (const auto& group : groups_) {
    result_.dropped_here += group->ports->overflows();
    result_.unsent += group->ports->unsent();
  }
  std::sort(result_.seconds.begin(), result_.seconds.end());
  return std::move(result_);
}

sim::MachineWorld TftpLoad::world_of(Client& client) {
  return {client.identity, facts_, pace_, *this, *this, random_};
}

void TftpLoad::start(Instant now, Client& client) {
  std::string path = settings_.file;
  if (settings_.kind == LoadKind::kAskAbsent) {
    const std::uint32_t own = client.identity.id.value() * kAbsentNames + client.requests++ % kAbsentNames;
    path += '-' + std::to_string(settings_.absent_names == 0 ? own : own % settings_.absent_names);
  }
  client.started = now;
  client.tftp.start(now, world_of(client), {habits_, settings_.server, std::move(path)});
}

void TftpLoad::on_datagram(Instant now, std::uint32_t index, std::uint8_t socket, const net::Endpoint& from,
                           std::span<const std::byte> payload) {
  if (index >= clients_.size()) return;
  Client& client = clients_[index];
  const PartStatus status = client.tftp.on_datagram(now, world_of(client), client.ports.port_at(socket), from, payload);
  if (client.running) on_status(now, client, status);
}

void TftpLoad::on_status(Instant now, Client& client, PartStatus status) {
  if (status == PartStatus::kRunning) return;
  result_.timeouts += client.tftp.own_timeouts();
  if (status == PartStatus::kDone) {
    const bool wrong = digest_ && client.tftp.digest() != *digest_;
    end(now, client, wrong ? Failure::kWrongBytes : Failure::kNone);
  } else if (settings_.kind == LoadKind::kAskAbsent && client.tftp.failure() == Failure::kNotFound) {
    ++result_.not_found;
    start(now, client);
  } else {
    end(now, client, client.tftp.failure());
  }
}

void TftpLoad::end(Instant now, Client& client, Failure failure) {
  client.running = false;
  --running_;
  last_end_ = now;
  if (failure == Failure::kNone) {
    ++result_.finished;
    result_.seconds.push_back(std::chrono::duration<double>(now - client.started).count());
    return;
  }
  ++result_.failed;
  ++result_.failed_by[static_cast<std::size_t>(failure)];
  if (result_.first_failure.empty())
    result_.first_failure = client.tftp.detail().empty() ? "not the bytes of the original" : client.tftp.detail();
}

void TftpLoad::sweep(Instant now) {
  for (Client& client : clients_) {
    if (!client.running || client.tftp.deadline() > now) continue;
    on_status(now, client, client.tftp.on_deadline(now, world_of(client)));
  }
}

void TftpLoad::flush() {
  for (const auto& group : groups_) group->ports->flush();
}

void TftpLoad::send_tftp(sim::MachineId machine, net::UdpPort from, const net::Endpoint& to,
                         std::span<const std::byte> payload) {
  const std::uint32_t index = machine.value();
  const net::Ipv4Address source(settings_.first_address.value() + index % settings_.addresses);
  groups_[index / settings_.addresses]->ports->send(clients_[index].ports.socket_for(from), source, to, payload);
}

void TftpLoad::on_bytes(Instant, sim::MachineId, std::uint64_t bytes) {
  ++result_.blocks;
  result_.bytes += bytes;
}

void TftpLoad::on_incident(Instant, sim::MachineId, sim::Incident incident) {
  if (incident == sim::Incident::kRepeatedBlock) ++result_.repeated_blocks;
}

}  // namespace rackcast::bench
