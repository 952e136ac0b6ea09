// What a server sent, then and now, set side by side: per client and exchange, in order. An exchange is what follows
// one request of a TFTP client, or one transaction (xid) of a DHCP client. Tolerated, since they are matters of time:
// when a datagram was sent, from which TID, and how often (a repetition within its exchange is counted, not compared).
// Single-threaded; allocates.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "tools/sim/replay/capture.h"

namespace rackcast::sim {

enum class Side : std::uint8_t { kRecorded, kProduced };

// The first place where an exchange differs.
struct Divergence {
  std::string client;  // "10.0.0.7:2070" for TFTP, its MAC for DHCP
  std::size_t exchange = 0;
  std::size_t position = 0;  // among the datagrams without repetitions
  std::string recorded;      // what the datagram says; "nothing" where there is none
  std::string produced;
};

class Comparison {
 public:
  // `end`: of the recording. What is produced within `grace` of it may have come too late to be recorded.
  Comparison(WallTime end, Duration grace) : grace_from_(end - grace) {}

  // In the order of time. A client's own datagram: where exchanges begin.
  void asked(const CapturedDatagram& datagram);
  // A server's datagram to `client`, from `tid` (a port then, a socket now). The ordinal of the exchange it belongs to.
  std::size_t said(Side side, Dialogue dialogue, WallTime at, const net::Endpoint& client, std::uint16_t tid,
                   std::span<const std::byte> payload);

  struct Result {
    std::size_t clients = 0;
    std::size_t exchanges = 0;
    std::size_t clients_differing = 0;
    std::vector<Divergence> divergences;  // one per client that differs, at most kDivergencesMax
    std::uint64_t recorded = 0;           // datagrams, repetitions included
    std::uint64_t produced = 0;
    std::uint64_t repeats_recorded = 0;
    std::uint64_t repeats_produced = 0;
    std::uint64_t at_the_end = 0;  // produced, but the recording was over
  };
  static constexpr std::size_t kDivergencesMax = 100;
  [[nodiscard]] Result result() const;

  // The ordinal of the client's exchange under way, for whoever maps TIDs.
  [[nodiscard]] std::size_t exchange_of(const net::Endpoint& tftp_client) const;

 private:
  struct Said {
    WallTime at;
    const std::vector<std::byte>* payload;  // in `known`
  };
  struct Voice {
    std::set<std::vector<std::byte>> known;
    std::vector<Said> said;            // without repetitions
    std::optional<std::uint16_t> tid;  // TFTP: that spoke last
  };
  struct Exchange {
    Voice recorded;
    Voice produced;
    [[nodiscard]] Voice& of(Side side) { return side == Side::kRecorded ? recorded : produced; }
  };
  struct Client {
    std::string name;
    Dialogue dialogue = Dialogue::kTftp;
    std::vector<Exchange> exchanges{1};
    std::vector<std::byte> request;               // TFTP: the last one
    bool went_on = false;                         // TFTP: it said something else since
    std::map<std::uint32_t, std::size_t> by_xid;  // DHCP
  };

  [[nodiscard]] Client& client_of(Dialogue dialogue, const net::Endpoint& endpoint, std::span<const std::byte> payload);
  [[nodiscard]] static std::size_t exchange_for(Client& client, Side side, std::uint16_t tid,
                                                const std::vector<std::byte>& payload);
  [[nodiscard]] std::optional<Divergence> first_divergence(const Client& client, std::size_t exchange) const;

  WallTime grace_from_;
  std::map<std::string, Client> clients_;
  Result counts_;
};

// What a server's datagram says, in a few words: "DATA 17, 1408 bytes", "OFFER of 192.168.1.7".
[[nodiscard]] std::string words_of(Dialogue dialogue, std::span<const std::byte> payload);

}  // namespace rackcast::sim
