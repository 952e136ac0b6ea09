// A carrier and an observer that remember: what a machine sent and reported, for tests that feed it by hand.
#pragma once

#include <string>
#include <vector>

#include "tests/proto/wire_bytes.h"
#include "tools/sim/machines/carrier.h"
#include "tools/sim/machines/observer.h"

namespace rackcast::sim::test {

inline constexpr net::Ipv4Address kServer{10, 99, 0, 1};

struct SentDhcp {
  DhcpSend how;
  std::vector<std::byte> message;
};

struct SentTftp {
  net::UdpPort from;
  net::Endpoint to;
  std::string payload;
};

class RecordingCarrier : public Carrier {
 public:
  void send_dhcp(MachineId, const DhcpSend& how, std::span<const std::byte> message) override {
    dhcp.push_back({how, {message.begin(), message.end()}});
  }
  void send_tftp(MachineId, net::UdpPort from, const net::Endpoint& to, std::span<const std::byte> payload) override {
    tftp.push_back({from, to, rackcast::test::text_of(payload)});
  }
  void fetch(MachineId, const FetchRequest& request) override { fetches.push_back(request); }
  void cancel_fetches(MachineId) override { ++cancels; }
  void use_address(MachineId, net::Ipv4Address address, std::uint8_t bits) override {
    addresses.push_back(address);
    prefix_bits = bits;
  }

  std::vector<SentDhcp> dhcp;
  std::vector<SentTftp> tftp;
  std::vector<FetchRequest> fetches;
  std::vector<net::Ipv4Address> addresses;
  std::uint8_t prefix_bits = 0;
  int cancels = 0;
};

struct SeenFile {
  Stage stage = Stage::kOff;
  FileProtocol protocol = FileProtocol::kTftp;
  std::string path;
  std::uint64_t bytes = 0;
  std::uint64_t digest = 0;
};

class RecordingObserver : public Observer {
 public:
  void on_stage(Instant, MachineId, Stage stage) override { stages.push_back(stage); }
  void on_lease(Instant, MachineId, const LeaseReceived& lease) override { leases.push_back(lease); }
  void on_file(Instant, MachineId, const FileReceived& file) override {
    files.push_back({file.stage, file.protocol, std::string(file.path), file.bytes, file.digest});
  }
  void on_bytes(Instant, MachineId, std::uint64_t count) override { bytes += count; }
  void on_incident(Instant, MachineId, Incident incident) override { ++incidents[static_cast<std::size_t>(incident)]; }
  void on_failure(Instant, MachineId, Failure why, std::string_view text) override {
    failures.push_back(why);
    detail = text;
  }
  [[nodiscard]] int count(Incident incident) const { return incidents[static_cast<std::size_t>(incident)]; }

  std::vector<Stage> stages;
  std::vector<LeaseReceived> leases;
  std::vector<SeenFile> files;
  std::vector<Failure> failures;
  std::string detail;
  std::uint64_t bytes = 0;
  std::array<int, kIncidentCount> incidents{};
};

}  // namespace rackcast::sim::test
