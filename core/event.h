// What engines and stream threads report: one fixed-size record per noteworthy step. Events feed the boot board and the
// log; an engine never formats a log line. Emitted through Sink::event (lane) or EventProducer (stream threads).
#pragma once

#include <cstdint>

#include "core/images/path.h"
#include "core/leases/lease.h"
#include "core/time.h"
#include "proto/bytes/fixed_text.h"
#include "proto/net/address.h"

namespace rackcast {

enum class EventKind : std::uint8_t {
  // DHCP; log line shapes are dhcpd's (protocols reference §1.13)
  kDhcpDiscover,
  kDhcpOffer,
  kDhcpRequest,
  kDhcpAck,
  kDhcpNak,
  kDhcpDecline,
  kDhcpRelease,
  kDhcpInform,
  kDhcpInformAck,
  kBootpRequest,
  kBootpReply,
  // Transfers of TFTP, HTTP and FTP alike (`protocol` tells): started, coarse progress, ended
  kTransferStarted,
  kTransferProgress,
  kTransferDone,
  kTransferFailed,
  kNotFound,
  kRefused,
  // Housekeeping lines: `detail` is the whole sentence
  kNotice,
  kWarning,
};

enum class Protocol : std::uint8_t { kDhcp, kTftp, kHttp, kFtp, kServer };

struct Event {
  EventKind kind = EventKind::kNotice;
  Protocol protocol = Protocol::kServer;
  WallTime at;
  net::MacAddress mac;         // DHCP: chaddr; zero where unknown (the board then finds the machine by address)
  net::IpAddress address;      // the client's address: leased, or the peer of a transfer
  net::Ipv4Address server;     // DHCPREQUEST: the server identifier the client named, any() when none
  net::Ipv4Address relay;      // giaddr; printed as "via" instead of the interface when set
  std::uint64_t transfer = 0;  // unique per process run and producer; ties started/progress/done together
  std::uint64_t bytes_done = 0;
  std::uint64_t bytes_total = 0;  // 0 = unknown
  std::uint32_t retransmits = 0;
  HostName hostname;
  FixedText<16> interface;
  PathText path;         // what was asked, normalised
  bool upload = false;   // a transfer that the client sends
  bool xinetd = false;   // kRefused by xinetd's limits, under its policy: the line is xinetd's
  bool quiet = false;    // for the board alone: no line in the log (log_on_failure = false)
  FixedText<96> detail;  // why (failure, refusal, DHCP suffix such as "no free leases"), or the sentence
};

}  // namespace rackcast
