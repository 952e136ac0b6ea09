// How clients do DHCP. Option orders, lists and sizes are those of captures where one exists (iPXE, EDK2, udhcpc), else
// of the clients' sources; what neither settles is said beside it.
#include <array>

#include "tools/sim/machines/dhcp_reply.h"
#include "tools/sim/machines/profiles/habits.h"

namespace rackcast::sim::habits {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr std::array<Millis, 4> kPxeWaits{seconds(4), seconds(8), seconds(16), seconds(32)};  // PXE 2.1 §2.2.1

constexpr std::array<std::uint8_t, 9> kRomOptions{53, 54, 50, 55, 57, 97, 93, 94, 60};
constexpr std::array<std::uint8_t, 24> kRomList{1,  2,  3,  5,  6,   11,  12,  13,  15,  16,  17,  18,
                                                43, 54, 60, 67, 128, 129, 130, 131, 132, 133, 134, 135};

constexpr std::array<Millis, 4> kIpxeDiscoverWaits{seconds(1), seconds(2), seconds(4), seconds(8)};
constexpr std::array<Millis, 6> kIpxeRequestWaits{milliseconds(250), milliseconds(500), seconds(1),
                                                  seconds(2),        seconds(4),        seconds(8)};
constexpr std::array<std::uint8_t, 12> kIpxeOptions{53, 57, 93, 94, 60, 77, 55, 175, 61, 97, 54, 50};
constexpr std::array<std::uint8_t, 23> kIpxeList{1,   3,   6,   7,   12,  15,  17,  26,  43,  60,  66, 67,
                                                 119, 128, 129, 130, 131, 132, 133, 134, 135, 175, 203};
// Bus id, version and features, as Debian's builds of 2019 send them.
constexpr std::array<std::uint8_t, 48> kIpxeBiosFeatures{
    0xB1, 5, 1, 0x1A, 0xF4, 0x10, 0,    0xEB, 3, 1,    0, 0, 0x17, 1, 1, 0x22, 1, 1, 0x13, 1, 1, 0x11, 1, 1,
    0x27, 1, 1, 0x19, 1,    1,    0x29, 1,    1, 0x10, 1, 2, 0x21, 1, 1, 0x15, 1, 1, 0x18, 1, 1, 0x12, 1, 1};
constexpr std::array<std::uint8_t, 39> kIpxeEfiFeatures{
    0xB1, 5,    1, 0x1A, 0xF4, 0x10, 0, 0xEB, 3, 1, 0,    0, 0x17, 1,    1, 0x24, 1,    1, 0x13, 1,
    1,    0x11, 1, 1,    0x27, 1,    1, 0x29, 1, 1, 0x15, 1, 1,    0x1B, 1, 1,    0x12, 1, 1};

constexpr std::array<std::uint8_t, 9> kEdk2Options{53, 54, 50, 57, 55, 97, 94, 93, 60};
constexpr std::array<std::uint8_t, 35> kEdk2List{1,  2,  3,  4,   5,   6,   12,  13,  15,  17,  18, 22,
                                                 23, 28, 40, 41,  42,  43,  50,  51,  54,  58,  59, 60,
                                                 66, 67, 97, 128, 129, 130, 131, 132, 133, 134, 135};
constexpr std::array<std::uint8_t, 12> kEdk2HttpList{1, 3, 6, 12, 15, 28, 43, 54, 60, 66, 67, 97};

constexpr std::array<Millis, 4> kPxeBootServerWaits{seconds(1), seconds(2), seconds(3), seconds(4)};
constexpr std::array<Millis, 3> kIpxeBootServerWaits{milliseconds(250), milliseconds(500), seconds(1)};

constexpr std::array<Millis, 5> kGrubWaits{milliseconds(400), milliseconds(800), milliseconds(1'600),
                                           milliseconds(3'200), milliseconds(6'400)};
constexpr std::array<std::uint8_t, 1> kGrubDiscoverOptions{53};
constexpr std::array<std::uint8_t, 4> kGrubRequestOptions{53, 54, 50, 55};
constexpr std::array<std::uint8_t, 7> kGrubList{1, 3, 6, 15, 12, 17, 18};

// Doubling from a quarter second to two; the exact table is a build option of U-Boot's.
constexpr std::array<Millis, 10> kUbootWaits{milliseconds(250), milliseconds(500), seconds(1), seconds(2), seconds(2),
                                             seconds(2),        seconds(2),        seconds(2), seconds(2), seconds(2)};
constexpr std::array<std::uint8_t, 8> kUbootOptions{53, 57, 50, 54, 93, 94, 60, 55};
constexpr std::array<std::uint8_t, 7> kUbootList{1, 3, 6, 12, 17, 66, 67};

constexpr std::array<std::uint8_t, 8> kRaspberryOptions{53, 54, 50, 55, 93, 94, 60, 97};
constexpr std::array<std::uint8_t, 12> kRaspberryList{43, 60, 67, 128, 129, 130, 131, 132, 133, 134, 135, 66};

constexpr std::array<Millis, 6> kInstallerWaits{seconds(2),  seconds(4),  seconds(8),
                                                seconds(16), seconds(32), seconds(64)};
constexpr std::array<std::uint8_t, 6> kInstallerOptions{53, 61, 55, 57, 50, 54};
constexpr std::array<std::uint8_t, 13> kInstallerList{1, 3, 6, 12, 15, 26, 28, 33, 42, 119, 121, 249, 252};

constexpr std::array<Millis, 7> kUdhcpcWaits{seconds(3), seconds(3),  seconds(20), seconds(3),
                                             seconds(3), seconds(20), seconds(3)};
constexpr std::array<std::uint8_t, 7> kUdhcpcOptions{53, 50, 54, 57, 55, 60, 61};
constexpr std::array<std::uint8_t, 7> kUdhcpcList{1, 3, 6, 12, 15, 28, 42};
constexpr std::array<std::uint8_t, 8> kPlainOptions{53, 50, 54, 57, 55, 60, 61, 93};

constexpr std::array<Millis, 5> kBootpWaits{seconds(4), seconds(8), seconds(16), seconds(32), seconds(64)};  // RFC 1542

constexpr DhcpHabits ipxe(dhcp4::ClientArch arch, std::uint8_t undi_major, std::uint8_t undi_minor,
                          std::span<const std::uint8_t> features) {
  return {.discover_waits = kIpxeDiscoverWaits,
          .request_waits = kIpxeRequestWaits,
          .gather = seconds(2),
          .takes_last_offer = true,
          .client_id = ClientIdKind::kHardware,
          .secs = SecsRule::kTryCount,
          .boot_file = BootFileRule::kFileThen67,
          .next_server = NextServerRule::kSiaddr,
          .arch = arch,
          .undi_major = undi_major,
          .undi_minor = undi_minor,
          .vendor_class = dhcp4::kPxeClientClass,
          .user_class = "iPXE",
          .encapsulated = features,
          .max_message_size = 1'472,
          .parameter_request_list = kIpxeList,
          .options = kIpxeOptions,
          .boot_server = BootServerRule::kWithoutFile,
          .boot_server_waits = kIpxeBootServerWaits};
}

constexpr DhcpHabits udhcpc(std::string_view vendor_class, std::span<const std::uint8_t> options) {
  return {.discover_waits = kUdhcpcWaits,
          .request_waits = kUdhcpcWaits,
          .client_id = ClientIdKind::kHardware,
          .secs = SecsRule::kElapsed,
          .next_server = NextServerRule::kSiaddrThen66,
          .undi_major = 2,
          .undi_minor = 1,
          .vendor_class = vendor_class,
          .max_message_size = 576,
          .message_size = 300,
          .parameter_request_list = kUdhcpcList,
          .options = options};
}

}  // namespace

// Takes the first offer, as RFC 2131 has it: ROMs that wait for a proxyDHCP offer are easier on the server.
constinit const DhcpHabits kBiosRomDhcp{.discover_waits = kPxeWaits,
                                        .request_waits = kPxeWaits,
                                        .broadcast_flag = true,
                                        .secs = SecsRule::kElapsed,
                                        .boot_file = BootFileRule::kFileThen67,
                                        .next_server = NextServerRule::kSiaddrThen54,
                                        .arch = dhcp4::ClientArch::kBios,
                                        .undi_major = 2,
                                        .undi_minor = 1,
                                        .vendor_class = dhcp4::kPxeClientClass,
                                        .max_message_size = 1'260,
                                        .message_size = 548,
                                        .parameter_request_list = kRomList,
                                        .options = kRomOptions,
                                        .boot_server = BootServerRule::kWithoutDiscovery,
                                        .boot_server_waits = kPxeBootServerWaits};

constinit const DhcpHabits kOldRomDhcp = [] {
  DhcpHabits habits = kBiosRomDhcp;
  habits.boot_file = BootFileRule::kReadTooFar;
  return habits;
}();

constinit const DhcpHabits kIpxeBiosDhcp = ipxe(dhcp4::ClientArch::kBios, 2, 1, kIpxeBiosFeatures);
constinit const DhcpHabits kIpxeEfiDhcp = ipxe(dhcp4::ClientArch::kEfiX64, 3, 10, kIpxeEfiFeatures);

// Whole seconds are counted, so the first wait is three to four.
constinit const DhcpHabits kEdk2Dhcp{.discover_waits = kPxeWaits,
                                     .request_waits = kPxeWaits,
                                     .jitter_below = seconds(1),
                                     .offer_timing = OfferTiming::kAtTimer,
                                     .broadcast_flag = true,
                                     .boot_file = BootFileRule::k67ThenFile,
                                     .next_server = NextServerRule::kSiaddrThen54,
                                     .arch = dhcp4::ClientArch::kEfiX64,
                                     .undi_major = 3,
                                     .undi_minor = 0,
                                     .vendor_class = dhcp4::kPxeClientClass,
                                     .max_message_size = 1'472,
                                     .request_max_message_size = 65'280,
                                     .parameter_request_list = kEdk2List,
                                     .options = kEdk2Options,
                                     .boot_server = BootServerRule::kWithoutDiscovery,
                                     .boot_server_waits = kPxeBootServerWaits,
                                     .boot_server_source = kBootServerPort};

// The same DHCP driver under HTTP boot, with a list of its own.
constinit const DhcpHabits kEdk2HttpDhcp{.discover_waits = kPxeWaits,
                                         .request_waits = kPxeWaits,
                                         .jitter_below = seconds(1),
                                         .offer_timing = OfferTiming::kAtTimer,
                                         .broadcast_flag = true,
                                         .boot_file = BootFileRule::k67ThenFile,
                                         .next_server = NextServerRule::kSiaddrThen54,
                                         .arch = dhcp4::ClientArch::kHttpX64,
                                         .undi_major = 3,
                                         .undi_minor = 0,
                                         .vendor_class = dhcp4::kHttpClientClass,
                                         .max_message_size = 1'472,
                                         .request_max_message_size = 65'280,
                                         .parameter_request_list = kEdk2HttpList,
                                         .options = kEdk2Options,
                                         .needs_class = dhcp4::kHttpClientClass};

constinit const DhcpHabits kGrubDhcp{.discover_waits = kGrubWaits,
                                     .request_waits = kGrubWaits,
                                     .xid = XidRule::kUnixSeconds,
                                     .secs = SecsRule::kUnixSeconds,
                                     .boot_file = BootFileRule::kFileThen67,
                                     .next_server = NextServerRule::kSiaddrThen66,
                                     .message_size = 300,
                                     .parameter_request_list = kGrubList,
                                     .options = kGrubDiscoverOptions,
                                     .request_options = kGrubRequestOptions};

constinit const DhcpHabits kUbootDhcp{.discover_waits = kUbootWaits,
                                      .request_waits = kUbootWaits,
                                      .secs = SecsRule::kElapsed,
                                      .boot_file = BootFileRule::kFileThen67,
                                      .next_server = NextServerRule::kSiaddrThen54,
                                      .arch = dhcp4::ClientArch{22},  // U-Boot, ARM64
                                      .undi_major = 0,
                                      .undi_minor = 0,
                                      .vendor_class = "U-Boot.armv8",
                                      .max_message_size = 576,
                                      .message_size = 300,
                                      .parameter_request_list = kUbootList,
                                      .options = kUbootOptions};

// The ROM of models 2 and 3: one xid for ever, sixteen D's for a machine id, and a text it looks for.
constinit const DhcpHabits kRaspberryDhcp{.discover_waits = kPxeWaits,
                                          .request_waits = kPxeWaits,
                                          .xid = XidRule::kFixed,
                                          .fixed_xid = 0x26F3'0339,
                                          .secs = SecsRule::kElapsed,
                                          .boot_file = BootFileRule::kFileThen67,
                                          .next_server = NextServerRule::kSiaddrThen66,
                                          .arch = dhcp4::ClientArch::kBios,
                                          .undi_major = 2,
                                          .undi_minor = 1,
                                          .vendor_class = dhcp4::kPxeClientClass,
                                          .message_size = 300,
                                          .parameter_request_list = kRaspberryList,
                                          .fixed_machine_id = "DDDDDDDDDDDDDDDD",
                                          .options = kRaspberryOptions,
                                          .vendor_text = "Raspberry Pi Boot"};

constinit const DhcpHabits kInstallerDhcp{.discover_waits = kInstallerWaits,
                                          .request_waits = kInstallerWaits,
                                          .jitter_above = seconds(1),
                                          .client_id = ClientIdKind::kHardware,
                                          .secs = SecsRule::kElapsedFromOne,
                                          .max_message_size = 1'472,
                                          .message_size = 300,
                                          .parameter_request_list = kInstallerList,
                                          .options = kInstallerOptions,
                                          .renews = true};

constinit const DhcpHabits kUdhcpcDhcp = udhcpc("udhcp 1.35.0", kUdhcpcOptions);
constinit const DhcpHabits kPlainDhcp = udhcpc(dhcp4::kPxeClientClass, kPlainOptions);

constinit const DhcpHabits kBootpDhcp{.discover_waits = kBootpWaits,
                                      .request_waits = kBootpWaits,
                                      .jitter_below = seconds(1),
                                      .jitter_above = seconds(1),
                                      .secs = SecsRule::kElapsed,
                                      .boot_file = BootFileRule::kFileOnly,
                                      .next_server = NextServerRule::kSiaddr,
                                      .message_size = 300};

}  // namespace rackcast::sim::habits
