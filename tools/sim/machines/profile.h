// What kind of machine: how its firmware, loader and installer behave on the wire, as data. The simulator's own, not the
// server's quirk table, so that the two can disagree. Facts: the clients' sources and captures of them.
//
// A boot is a list of steps, done in order. Habits (tables of waits, options asked for) are shared by reference: all of
// it is static storage.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "proto/dhcp/arch.h"
#include "proto/tftp/block.h"
#include "tools/sim/machines/stage.h"

namespace rackcast::sim {

using Millis = std::chrono::milliseconds;

enum class ClientIdKind : std::uint8_t { kNone, kHardware /* 1 + MAC */, kDuid /* 255 + IAID + DUID */ };
enum class XidRule : std::uint8_t { kRandom, kUnixSeconds /* GRUB: all alike */, kFixed /* Raspberry Pi's ROM */ };

// One client's DHCP.
struct DhcpHabits {
  std::span<const Millis> discover_waits;  // after the 1st, 2nd, ... DISCOVER; when they are used up: no offer
  std::span<const Millis> request_waits;   // the same for the REQUEST
  Millis gather{};                         // an offer is taken only so long after the first DISCOVER; 0: at once
  bool broadcast_flag = false;
  ClientIdKind client_id = ClientIdKind::kNone;
  XidRule xid = XidRule::kRandom;
  std::string_view vendor_class;  // "PXEClient" gets ":Arch:xxxxx:UNDI:yyyzzz"; others as they are; "" = no option 60
  std::string_view user_class;    // option 77, plain text
  bool pxe_options = false;       // 93, 94, 97
  std::uint16_t max_message_size = 0;  // option 57; 0 = not sent
  std::uint16_t message_size = 300;    // padded to this
  std::span<const std::uint8_t> parameter_request_list;
  bool plain_bootp = false;  // no option 53: one BOOTREQUEST, one BOOTREPLY
};

// How a client first asks for a file's size.
enum class SizeProbe : std::uint8_t {
  kNone,
  kAbortWithEight,  // EDK2: tsize, then ERROR 8 "User aborted the transfer"
  kAbortWithZero,   // BIOS ROMs: tsize alone, then ERROR 0 "TFTP Aborted"
};

// One client's TFTP.
struct TftpHabits {
  std::uint16_t blksize = 0;        // asked for; 0 = not asked (512)
  std::uint16_t windowsize = 0;     // 0 = not asked
  std::uint8_t timeout_seconds = 0; // option `timeout`, which must be echoed; 0 = not asked
  bool tsize = false;
  SizeProbe size_probe = SizeProbe::kNone;
  std::span<const Millis> waits;    // before its 1st, 2nd, ... repetition; used up: it gives up
  bool repeats_acks = true;         // GRUB repeats only the request: a lost ACK is the server's to notice
  bool acks_each_unexpected = true; // answers every block out of order; else only the first of a gap
  bool needs_oack = false;          // GRUB: DATA instead of OACK is no answer
  bool strict_oack = false;         // an unasked option or a larger value ends it with ERROR 8 (EDK2: 4)
  tftp::Rollover rollover = tftp::Rollover::kToZero;
  std::string_view abort_text = "TFTP Aborted";
};

enum class StepKind : std::uint8_t {
  kDhcp,        // an exchange with `dhcp`; the first gives the address, later ones should give the same
  kBootFile,    // the boot file that DHCP named: TFTP by `tftp`, or HTTP when it is a URL
  kFiles,       // every name of `names` in order, by TFTP; `required` or each may be missing
  kLookups,     // names in order until one is found; its text is the loader's configuration
  kScript,      // the boot file as an iPXE script: by TFTP or HTTP; it is the configuration
  kKernel,      // what the configuration names
  kInitrd,
  kKickstart,   // ks= or inst.ks= of the configuration's command line; left out where there is none
  kPackages,    // the run's package list, from the kickstart's `url --url=` or beside the kickstart
};

// The dialect of the configuration a step finds.
enum class ConfigDialect : std::uint8_t { kPxelinux, kGrub, kIpxe, kUboot, kNone };

struct Step {
  StepKind kind = StepKind::kDhcp;
  Stage stage = Stage::kDhcp;
  const DhcpHabits* dhcp = nullptr;
  const TftpHabits* tftp = nullptr;
  // kFiles, kLookups: {uuid} {mac-dashes} {ip-hex} (8 to 1 digits: eight names) {prefix} (the boot file's directory, with its
  // slash or empty) are filled in.
  std::span<const std::string_view> names;
  bool required = true;
  ConfigDialect dialect = ConfigDialect::kNone;
  bool head_first = false;          // HTTP boot
  std::string_view user_agent = {}; // of HTTP in this step
  std::uint8_t connections = 1;     // kPackages: fetches at once
};

struct Profile {
  std::string_view name;         // "bios-pxelinux"
  std::string_view description;  // one line for --help
  dhcp4::ClientArch arch{};
  std::span<const Step> steps;
};

// Every profile, the default (BIOS ROM with pxelinux) first.
[[nodiscard]] std::span<const Profile> all_profiles();
[[nodiscard]] const Profile* find_profile(std::string_view name);  // null: no such

}  // namespace rackcast::sim
