// What kind of machine: how its firmware, loader and installer behave on the wire, as data. The simulator's own, not
// the server's quirk table, so that the two can disagree. Facts: the clients' sources and captures of them.
//
// A boot is a list of steps, done in order. Habits (tables of waits, options asked for) are shared by reference: all of
// it is static storage, constant-initialised.
#pragma once

#include <chrono>
#include <cstdint>
#include <span>
#include <string_view>

#include "proto/dhcp/arch.h"
#include "proto/net/address.h"
#include "proto/tftp/block.h"
#include "tools/sim/machines/carrier.h"
#include "tools/sim/machines/stage.h"

namespace rackcast::sim {

using Millis = std::chrono::milliseconds;

enum class ClientIdKind : std::uint8_t { kNone, kHardware /* 1 + MAC */, kDuid /* 255 + IAID + DUID */ };
enum class XidRule : std::uint8_t { kRandom, kUnixSeconds /* GRUB: all alike */, kFixed /* Raspberry Pi's ROM */ };
enum class SecsRule : std::uint8_t {
  kElapsed,
  kElapsedFromOne,
  kZero,
  kTryCount /* iPXE: count << 2, and flags */,
  kUnixSeconds
};
// Where a client reads the boot file's name, and the boot server, in an ACK.
// kReadTooFar: 67 as a C string, and the byte behind it where there is no NUL: the option End, 0xFF.
enum class BootFileRule : std::uint8_t { kFileThen67, k67ThenFile, kFileOnly, kReadTooFar };
enum class NextServerRule : std::uint8_t { kSiaddr, kSiaddrThen54, kSiaddrThen66 };
// When an offer is taken: at once (or on arrival after `gather`), or only when a wait of `discover_waits` ends.
enum class OfferTiming : std::uint8_t { kOnArrival, kAtTimer };

// When a client asks a boot server on port 4011 (PXE 2.1 §2.2.2) for its boot file. A proxyDHCP server that names none
// in its offer is asked by all but kNotAsked.
enum class BootServerRule : std::uint8_t {
  kNotAsked,
  kWithoutFile,       // iPXE: an ACK of class PXEClient that names no file
  kWithoutDiscovery,  // EDK2 and ROMs: one without a discovery control in option 43, though it may name a file
};

// One client's DHCP.
struct DhcpHabits {
  std::span<const Millis> discover_waits;  // after the 1st, 2nd, ... DISCOVER; when they are used up: no offer
  std::span<const Millis> request_waits;   // the same for the REQUEST
  Millis jitter_below{};                   // a wait is up to this much shorter ...
  Millis jitter_above{};                   // ... or this much longer
  Millis gather{};                         // an offer is taken only so long after the first DISCOVER, or once one says
                                           // that no proxyDHCP server need be waited for (175.176, or 60 PXEClient)
  OfferTiming offer_timing = OfferTiming::kOnArrival;
  bool takes_last_offer = false;  // of several; else the first
  bool broadcast_flag = false;
  ClientIdKind client_id = ClientIdKind::kNone;
  XidRule xid = XidRule::kRandom;
  std::uint32_t fixed_xid = 0;
  SecsRule secs = SecsRule::kZero;
  BootFileRule boot_file = BootFileRule::kFileThen67;
  NextServerRule next_server = NextServerRule::kSiaddr;
  dhcp4::ClientArch arch{};                    // 93, and in 60
  std::uint8_t undi_major = 0;                 // 94, and in 60
  std::uint8_t undi_minor = 0;                 //
  std::string_view vendor_class;               // 60; "PXEClient" and "HTTPClient" get ":Arch:xxxxx:UNDI:yyyzzz"
  std::string_view user_class;                 // 77, plain text
  std::span<const std::uint8_t> encapsulated;  // 175
  std::uint16_t max_message_size = 0;          // 57
  std::uint16_t request_max_message_size = 0;  // 57 in the REQUEST; 0 = the same
  std::uint16_t message_size = 0;              // padded to this
  std::span<const std::uint8_t> parameter_request_list;
  std::string_view fixed_machine_id;  // 97 without its type byte; empty: the machine's UUID
  // What is sent, and in what order; 50 and 54 go into the REQUEST only. Empty: plain BOOTP, one BOOTREQUEST and one
  // BOOTREPLY without option 53.
  std::span<const std::uint8_t> options;
  std::span<const std::uint8_t> request_options;  // in the REQUEST; empty: `options`
  BootServerRule boot_server = BootServerRule::kNotAsked;
  std::span<const Millis> boot_server_waits;  // as above, for the request to port 4011
  net::UdpPort boot_server_source{68};        // whence that request leaves, and where its answer is heard
  bool renews = false;                        // an operating system's: renews its lease for as long as the machine runs
  std::string_view vendor_text;               // offers whose option 43 lacks this text are not for it; empty: any offer
  std::string_view needs_class;               // nor is one whose option 60 does not begin with this; empty: any offer
  [[nodiscard]] constexpr bool is_bootp() const { return options.empty(); }
};

// How a client first asks for a file's size.
enum class SizeProbe : std::uint8_t {
  kNone,
  kAbortWithEight,  // EDK2: all its options and tsize, then ERROR 8; without a size it does not go on
  kAbortWithZero,   // BIOS ROMs: tsize alone, then ERROR 0; no size is no harm
};
enum class TftpOption : std::uint8_t { kTsize, kBlksize, kWindowsize, kTimeout };
// What a client does about DATA that is not the next block.
enum class UnexpectedBlock : std::uint8_t {
  kAckEach,        // acknowledges the last good block, every time
  kAckOncePerGap,  // the same, but once until the next good one
  kEchoOld,        // GRUB: acknowledges an old block by its own number, ignores a future one
};

// One client's TFTP.
struct TftpHabits {
  std::span<const TftpOption> options;  // asked for, in this order
  std::uint16_t blksize = 0;
  std::uint16_t windowsize = 0;
  std::uint8_t timeout_seconds = 0;  // must be echoed as it is
  SizeProbe size_probe = SizeProbe::kNone;
  std::span<const Millis> waits;  // after a request or ACK was sent for the 1st, 2nd, ... time; used up: it gives up
  bool repeats_acks = true;       // GRUB repeats only the request: a lost ACK is the server's to notice
  UnexpectedBlock unexpected = UnexpectedBlock::kAckEach;
  bool needs_oack = false;        // GRUB: DATA instead of OACK is no answer, and names must be lower case
  bool strict_oack = false;       // an unasked option ends it
  bool empty_is_missing = false;  // pxelinux: a file of no bytes is not there
  std::uint16_t bad_oack_error = 8;
  tftp::Rollover rollover = tftp::Rollover::kToZero;
  std::uint16_t first_port = 0;  // its transfers count up from here; 0: from a random port
  std::string_view abort_text = "TFTP Aborted";
};

enum class StepKind : std::uint8_t {
  kDhcp,      // an exchange with `dhcp`; the first gives the address, later ones should give the same
  kBootFile,  // the boot file that DHCP named: TFTP by `tftp`, or HTTP when it is a URL
  kFiles,     // every name of `names` in order, beside the boot file; `required`, or each may be missing
  kLookups,   // names in order until one is found; its text is the loader's configuration
  kReread,    // what kLookups found, once more: GRUB opens its configuration twice
  kScript,    // the boot file as an iPXE script; it is the configuration
  kKernel,    // what the configuration names
  kInitrd,
  kKickstart,  // ks= or inst.ks= of the configuration's command line; left out where there is none
  kPackages,   // the run's package list, from the kickstart's `url --url=` or beside the kickstart
};

// The dialect of the configuration a step finds.
enum class ConfigDialect : std::uint8_t { kPxelinux, kGrub, kIpxe, kUboot, kNone };

struct Step {
  StepKind kind = StepKind::kDhcp;
  Stage stage = Stage::kDhcp;
  const DhcpHabits* dhcp = nullptr;
  const TftpHabits* tftp = nullptr;  // every step that fetches
  // kFiles, kLookups: {uuid} {echoed-uuid} {mac-dashes} {ip-hex} (8 to 1 digits: eight names) {serial} (8 digits of the
  // MAC) are filled in; names are relative to the boot file's folder. kScript: the script's URL for boots without DHCP,
  // where {server} is filled in.
  std::span<const std::string_view> names;
  bool required = true;
  ConfigDialect dialect = ConfigDialect::kNone;
  bool head_first = false;           // HTTP boot
  std::string_view user_agent = {};  // of HTTP in this step
  Span patience = kFetchPatience;    // of HTTP and FTP: silence after which it is given up
  std::uint8_t connections = 1;      // kPackages: fetches at once, kFetchesMax at most
};

struct Profile {
  std::string_view name;         // "bios-pxelinux"
  std::string_view description;  // one line for --help
  dhcp4::ClientArch arch{};
  std::string_view boot_file;  // for boots without DHCP; {server} is filled in
  std::span<const Step> steps;
};

// Every profile, the default (BIOS ROM with pxelinux) first.
[[nodiscard]] std::span<const Profile> all_profiles();
[[nodiscard]] const Profile* find_profile(std::string_view name);  // null: no such

}  // namespace rackcast::sim
