// No answer that the server owes is withheld longer than the client's retry time: a client that asks the same again
// must have been answered, or its question must have been lost.
//
//   question arrives at the server  ->  owed          anything for that client leaves the server  ->  paid
//   the model loses what was sent, and the question arrives again  ->  owed once more
//   the same question leaves the client again while it is owed  ->  violation
//
// A question is a BOOTREQUEST, DISCOVER or REQUEST (by machine), or an RRQ or ACK (by client endpoint and content). One
// whose answer was not lost is not owed again. Of what is owed once more the server's own wait counts as well: DATA is
// repeated when the client's silence has outlasted it, never because an ACK came twice (RFC 1123 §4.2.3.1); it doubles
// with each sending that nothing was heard of. While the server looks whether an address is in use, what its machine
// asked is owed, but not yet due. Where the server limits transfers a client may wait for its turn, with
// its RRQ or its first ACK, as long as others hold the places, which no bound of the server's limits: only DHCP is
// judged there.
// Thread: the world's.
#pragma once

#include <cstdint>
#include <functional>
#include <unordered_map>

#include "io_backends/sim/sim_network.h"
#include "tools/sim/deterministic/checkers.h"

namespace rackcast::sim {

class WithheldChecker {
 public:
  // `segment_of`: by machine; the server stands on segment 0. `turns`: its limits may keep clients waiting.
  WithheldChecker(Violations& out, net::Ipv4Address server, const std::vector<std::uint32_t>& segment_of,
                  bool turns = false)
      : out_(out), server_(server), segment_of_(segment_of), turns_(turns) {}

  void on_sent(Instant now, const io::SimFrame& frame);
  void on_arrived(Instant now, const io::SimFrame& frame);
  void on_lost(const io::SimFrame& frame);
  void on_probe(const net::MacAddress& client, Instant answered);  // an address for it is looked at until then
  void forget(MachineId machine, net::Ipv4Address address);        // a reset

 private:
  struct Debt {
    Instant since{};
    std::uint64_t question = 0;  // 0: none owed
    std::uint64_t answered = 0;  // the latest question that was answered
    bool answer_lost = false;    // or a part of it
    Instant not_before{};        // the server has to find something out first
  };
  // TFTP's: what the server's timer is about to do.
  struct TftpDebt : Debt {
    Instant sent_at{};                          // the server's latest sending
    Instant repeats_by{};                       // if nothing is heard
    Span first_wait = std::chrono::seconds(1);  // option timeout, or the server's own
    unsigned unheard = 0;                       // sendings since the client was heard
  };

  void on_tftp_answer(Instant now, const io::SimFrame& frame, TftpDebt& debt);
  void on_dhcp(Instant now, const io::SimFrame& frame, bool arrived);
  void tell(Instant now, std::optional<MachineId> machine, Debt& debt, const char* what, const net::Endpoint& client);
  [[nodiscard]] bool at_server(const io::SimFrame& frame) const;

  Violations& out_;
  net::Ipv4Address server_;
  const std::vector<std::uint32_t>& segment_of_;
  bool turns_;
  std::unordered_map<MachineId, Debt> dhcp_;
  std::unordered_map<std::uint64_t, TftpDebt> tftp_;  // by client endpoint
};

}  // namespace rackcast::sim
