// Real DHCP messages (UDP payloads), captured on a bridge between QEMU machines and dnsmasq 2.90. `sname` and `file`
// are zero in all of them, so a fixture is its first 44 bytes and what follows byte 236, both in hexadecimal.
#pragma once

#include <array>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace rackcast::dhcp4 {

using Octets = std::vector<std::byte>;

struct Capture {
  std::string_view name;
  std::string_view head;         // op to chaddr
  std::string_view vendor_area;  // cookie and options
};

// QEMU's iPXE network ROM on a BIOS machine, DISCOVER. Odd: `secs` 4 is iPXE's try counter, not seconds; user class
// without RFC 3004's length; an all-zero machine identifier; 14 sub-options in 175.
inline constexpr Capture kIpxeBiosDiscover{
    "IpxeBiosDiscover", "010106008478805e0004000000000000000000000000000000000000525400b2d8b200000000000000000000",
    "63825363350101390205c05d0200005e030102013c20505845436c69656e743a417263683a30303030303a554e44493a3030"
    "323030314d04695058453717010306070c0f111a2b3c4243778081828384858687afcbaf30b105011af41000eb0301000017"
    "01012201011301011101012701011901012901011001022101011501011801011201013d0701525400b2d8b2611100000000"
    "00000000000000000000000000ff"};

// The same ROM's REQUEST (SELECTING): 54 and 50 come last, after 97.
inline constexpr Capture kIpxeBiosRequest{
    "IpxeBiosRequest", "010106008478805e000e000000000000000000000000000000000000525400b2d8b200000000000000000000",
    "63825363350103390205c05d0200005e030102013c20505845436c69656e743a417263683a30303030303a554e44493a3030"
    "323030314d04695058453717010306070c0f111a2b3c4243778081828384858687afcbaf30b105011af41000eb0301000017"
    "01012201011301011101012701011901012901011001022101011501011801011201013d0701525400b2d8b2611100000000"
    "0000000000000000000000000036040a62070132040a620740ff"};

// OVMF (EDK2) x64, its own PXE client, DISCOVER. Odd: the broadcast flag always, no client identifier, an all-zero
// machine identifier, 35 requested options, some of which (50, 54) a server must not send.
inline constexpr Capture kOvmfDiscover{
    "OvmfDiscover", "01010600653498cf000080000000000000000000000000000000000052540012090e00000000000000000000",
    "63825363350101390205c037230102030405060c0d0f111216171c28292a2b3233363a3b3c42436180818283848586876111"
    "00000000000000000000000000000000005e030103005d0200073c20505845436c69656e743a417263683a30303030373a55"
    "4e44493a303033303030ff"};

// OVMF's REQUEST. Odd: option 57 says 65280.
inline constexpr Capture kOvmfRequest{
    "OvmfRequest", "01010600653498cf000080000000000000000000000000000000000052540012090e00000000000000000000",
    "6382536335010336040a62070132040a6207623902ff0037230102030405060c0d0f111216171c28292a2b3233363a3b3c42"
    "43618081828384858687611100000000000000000000000000000000005e030103005d0200073c20505845436c69656e743a"
    "417263683a30303030373a554e44493a303033303030ff"};

// ipxe.efi (x64) chain-loaded by OVMF, DISCOVER: UNDI 3.10, feature flag 0x24 (EFI) in 175.
inline constexpr Capture kIpxeEfiDiscover{
    "IpxeEfiDiscover", "01010600fb4b7462000400000000000000000000000000000000000052540012090e00000000000000000000",
    "63825363350101390205c05d0200075e0301030a3c20505845436c69656e743a417263683a30303030373a554e44493a3030"
    "333031304d04695058453717010306070c0f111a2b3c4243778081828384858687afcbaf27b105011af41000eb0301000017"
    "01012401011301011101012701012901011501011b01011201013d070152540012090e611100000000000000000000000000"
    "00000000ff"};

// Busybox udhcpc 1.35 in an initrd, DISCOVER: no PXE options, option 57 of 576, padded to 300.
inline constexpr Capture kUdhcpcDiscover{
    "UdhcpcDiscover", "01010600698d1a4c0000000000000000000000000000000000000000525400b2d8b200000000000000000000",
    "638253633501013902024037070103060c0f1c2a3c0c756468637020312e33352e303d0701525400b2d8b2ff000000000000"
    "0000000000000000000000000000"};

// udhcpc's REQUEST.
inline constexpr Capture kUdhcpcRequest{
    "UdhcpcRequest", "01010600698d1a4c0000000000000000000000000000000000000000525400b2d8b200000000000000000000",
    "6382536335010332040a62074036040a6207013902024037070103060c0f1c2a3c0c756468637020312e33352e303d070152"
    "5400b2d8b2ff0000000000000000"};

// dnsmasq 2.90's OFFER to the BIOS ROM: the boot file in option 67 without a terminator, one pad after the end.
inline constexpr Capture kDnsmasqOffer{
    "DnsmasqOffer", "020106008478805e00040000000000000a6207400a62070100000000525400b2d8b200000000000000000000",
    "6382536335010236040a620701330400000e10430b7078656c696e75782e30003a04000007083b0400000c4e0104ffffff00"
    "1c040a6207ff03040a620701ff00"};

inline constexpr std::array kCaptures{kIpxeBiosDiscover, kIpxeBiosRequest, kOvmfDiscover,  kOvmfRequest,
                                      kIpxeEfiDiscover,  kUdhcpcDiscover,  kUdhcpcRequest, kDnsmasqOffer};

inline Octets from_hex(std::string_view hex) {
  Octets octets;
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2)
    octets.push_back(static_cast<std::byte>(std::stoul(std::string(hex.substr(i, 2)), nullptr, 16)));
  return octets;
}

inline Octets octets_of(const Capture& capture) {
  Octets octets = from_hex(capture.head);
  octets.resize(236);
  const Octets rest = from_hex(capture.vendor_area);
  octets.insert(octets.end(), rest.begin(), rest.end());
  return octets;
}

}  // namespace rackcast::dhcp4
