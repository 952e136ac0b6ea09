#include "core/quirks/quirk.h"

#include <algorithm>

#include "proto/dhcp/arch.h"

namespace rackcast {
namespace {

constexpr std::uint16_t kBiosArchitecture = 0;

// Of the Raspberry Pi Foundation and Raspberry Pi Trading.
constexpr std::array<std::array<std::uint8_t, 3>, 6> kRaspberryPiOuis{{{0xB8, 0x27, 0xEB},
                                                                       {0xDC, 0xA6, 0x32},
                                                                       {0xE4, 0x5F, 0x01},
                                                                       {0xD8, 0x3A, 0xDD},
                                                                       {0x2C, 0xCF, 0x67},
                                                                       {0x28, 0xCD, 0xC1}}};
// The older ROMs' machine identifier, the same on every board.
constexpr std::uint8_t kRaspberryPiUuidOctet = 0x44;

dhcp4::BootClass boot_class(const Machine& machine) {
  return dhcp4::VendorClass::parse(machine.vendor_class).boot;
}

bool pxe_rom(const ClientTraits& traits) {
  return !traits.machine.ipxe && boot_class(traits.machine) == dhcp4::BootClass::kPxe;
}

bool reads_on_behind_67(const ClientTraits& traits) {
  return pxe_rom(traits) && traits.machine.architecture == kBiosArchitecture;
}

bool wants_http_class(const ClientTraits& traits) {
  return traits.http_boot;
}

bool waits_for_a_proxy(const ClientTraits& traits) {
  return traits.network_boot && traits.takes_ipxe_options;
}

bool is_raspberry_pi(const ClientTraits& traits) {
  if (!pxe_rom(traits)) return false;
  const auto& uuid = traits.machine.uuid;
  if (std::all_of(uuid.begin(), uuid.end(), [](std::uint8_t octet) { return octet == kRaspberryPiUuidOctet; }))
    return true;
  const auto& mac = traits.machine.mac.octets;
  return std::any_of(kRaspberryPiOuis.begin(), kRaspberryPiOuis.end(),
                     [&](const auto& oui) { return std::equal(oui.begin(), oui.end(), mac.begin()); });
}

}  // namespace

const std::array<QuirkInfo, kQuirkCount>& quirk_table() {
  static constexpr std::array<QuirkInfo, kQuirkCount> kTable{{
      {Quirk::kBootFileTerminated, "boot_file_terminated", "netbootxyz/netboot.xyz#1198",
       "BIOS ROMs take option 67 for a C string and read on behind it: it is sent with a NUL, and in `file` too",
       reads_on_behind_67},
      {Quirk::kHttpClassEchoed, "http_class_echoed", "opnsense/core#6669",
       "UEFI HTTP boot drops an offer without option 60 HTTPClient: it is sent", wants_http_class},
      {Quirk::kProxyWaitLeftOut, "proxy_wait_left_out", "ipxe src/net/udp/dhcp.c",
       "iPXE waits two seconds for a proxyDHCP server: 175.176 tells it that there is none", waits_for_a_proxy},
      {Quirk::kRaspberryPiText, "raspberry_pi_text", "raspberrypi/firmware#1265",
       "the Raspberry Pi's ROM takes only an offer whose option 43 says `Raspberry Pi Boot`: it is sent",
       is_raspberry_pi},
      {Quirk::kEndByteInName, "end_byte_in_name", "netbootxyz/netboot.xyz#1198",
       "old ROMs, given option 67 without an end, ask for the name and the byte behind it, 0xFF: it is cut off",
       nullptr},
      {Quirk::kSizeProbe, "size_probe", "pin/tftp#125",
       "firmware asks for a file's size and ends the transfer with an ERROR: no failure, and the file stays at hand",
       nullptr},
      {Quirk::kBareSecondStage, "bare_second_stage", "rhboot/shim#710",
       "loaders ask for their next stage without the folder they came from: it is looked for there as well", nullptr},
      {Quirk::kGarbledSecondStage, "garbled_second_stage", "rhboot/shim#649",
       "shim takes what its firmware leaves in the load options for its next stage and asks for `?USB`, the first of "
       "it "
       "no text: such a name that is not found is GRUB, by its usual name, in the folder asked for or shim's own",
       nullptr},
      {Quirk::kNameInAnyCase, "name_in_any_case", "protocols reference 2.7",
       "Windows loaders separate by backslash and spell names in any case: a name with a backslash that is not found "
       "is "
       "looked for in any case",
       nullptr},
  }};
  return kTable;
}

QuirkSet quirks_of(const ClientTraits& traits) {
  QuirkSet set;
  for (const QuirkInfo& info : quirk_table())
    if (info.applies != nullptr && info.applies(traits)) set.add(info.quirk);
  return set;
}

void QuirkCounts::add(const QuirkSet& used) {
  for (const QuirkInfo& info : quirk_table())
    if (used.has(info.quirk)) add(info.quirk);
}

void QuirkCounts::add(const QuirkCounts& other) {
  for (std::size_t i = 0; i < values_.size(); ++i) values_[i] += other.values_[i];
}

}  // namespace rackcast
