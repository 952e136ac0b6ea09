// The simulator's TFTP client without a machine around it, for tests and benches that carry its datagrams themselves.
// Reads one file; time and datagrams in, datagrams out.
#pragma once

#include <algorithm>
#include <array>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "core/time.h"
#include "proto/net/address.h"
#include "tests/tools/sim/machines/part_world.h"
#include "tools/sim/machines/tftp_client.h"

namespace rackcast::testing {

// Of what a client asks for, besides the options themselves. Static storage, as habits want it.
inline constexpr std::array kAskBlksize{sim::TftpOption::kBlksize};
inline constexpr std::array kAskTsizeBlksize{sim::TftpOption::kTsize, sim::TftpOption::kBlksize};
inline constexpr std::array kAskWindow{sim::TftpOption::kBlksize, sim::TftpOption::kWindowsize};
inline constexpr std::array kAskAll{sim::TftpOption::kTsize, sim::TftpOption::kBlksize, sim::TftpOption::kWindowsize};

struct ReaderPlan {
  std::string file;
  sim::TftpHabits habits;  // its waits are the two below
  sim::Millis retry{4'000};
  std::size_t tries = 6;
};

class TftpReader {
 public:
  static constexpr std::uint16_t kPort = 2'070;

  TftpReader(ReaderPlan plan, const net::Endpoint& server)
      : plan_(std::move(plan)), waits_(plan_.tries, plan_.retry), server_(server) {
    plan_.habits.waits = waits_;
    plan_.habits.first_port = kPort;
  }
  TftpReader(const TftpReader&) = delete;
  TftpReader& operator=(const TftpReader&) = delete;

  void start(MonotonicTime now) {
    status_ = sim::PartStatus::kRunning;
    client_.start(instant(now), parts_.world(), {plan_.habits, server_, plan_.file});
  }
  void on_datagram(MonotonicTime now, const net::Endpoint& from, std::span<const std::byte> payload) {
    note(client_.on_datagram(instant(now), parts_.world(), net::UdpPort(kPort), from, payload));
  }
  void on_time(MonotonicTime now) {
    if (deadline() <= now) note(client_.on_deadline(instant(now), parts_.world()));
  }

  // Sent since it was emptied; the caller's to send and to clear.
  [[nodiscard]] std::vector<sim::test::SentTftp>& outbox() { return parts_.carrier.tftp; }
  [[nodiscard]] MonotonicTime deadline() const {
    return over() ? kNever : MonotonicTime(client_.deadline().time_since_epoch());
  }
  [[nodiscard]] bool over() const { return status_ != sim::PartStatus::kRunning; }
  [[nodiscard]] bool done() const { return status_ == sim::PartStatus::kDone; }
  [[nodiscard]] bool is_reading() const { return !over() && bytes() > 0; }
  [[nodiscard]] std::uint64_t bytes() const { return client_.bytes(); }
  // Done, and with exactly these bytes.
  [[nodiscard]] bool has(std::span<const std::byte> content) const {
    return done() && bytes() == content.size() && client_.digest() == sim::digest_of(content);
  }
  [[nodiscard]] const std::string& why() const { return client_.detail(); }  // it failed

 private:
  static sim::Instant instant(MonotonicTime now) { return sim::Instant(now.time_since_epoch()); }
  // Once over, a datagram may still be answered, but changes nothing.
  void note(sim::PartStatus status) {
    if (!over()) status_ = status;
  }

  ReaderPlan plan_;
  std::vector<sim::Millis> waits_;
  net::Endpoint server_;
  sim::test::PartWorld parts_;
  sim::TftpClient client_;
  sim::PartStatus status_ = sim::PartStatus::kIdle;
};

}  // namespace rackcast::testing
