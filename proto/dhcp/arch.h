// Client system architectures (option 93, RFC 4578 §2.1; IANA "Processor Architecture Types") and the PXE vendor class
// (option 60, PXE 2.1 §2.2.3) that carries the same number. Which NBP a family gets is configuration, not known here.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace rackcast::dhcp4 {

// Any other value is legal: firmware may send a number younger than this list.
enum class ClientArch : std::uint16_t {
  kBios = 0,
  kEfiIa32 = 6,
  kEfiX64 = 7,
  kEfiByteCode = 9,
  kEfiArm32 = 10,
  kEfiArm64 = 11,
  kHttpIa32 = 15,
  kHttpX64 = 16,
  kHttpByteCode = 17,
  kHttpArm32 = 18,
  kHttpArm64 = 19,
  kHttpBios = 20,
};

// Machines that can run the same NBP.
enum class ArchFamily : std::uint8_t {
  kOther,
  kBios,
  kEfi32,
  kEfi64,
  kArm32,
  kArm64,
  kRiscv32,
  kRiscv64,
  kRiscv128,
  kLoongarch32,
  kLoongarch64,
};
inline constexpr std::size_t kArchFamilyCount = 11;

struct ArchSpec {
  std::uint16_t code;
  std::string_view name;
  ArchFamily family;
  bool http = false;  // UEFI HTTP boot: the boot file must be a URL
};

// 7 and 9 are one family: RFC 4578's printed table has the two swapped, and old x64 firmware follows it; of real byte
// code clients none is known.
inline constexpr std::array kArchTable = {
    ArchSpec{0, "x86 BIOS", ArchFamily::kBios},
    ArchSpec{1, "NEC PC-98", ArchFamily::kOther},
    ArchSpec{2, "Itanium", ArchFamily::kOther},
    ArchSpec{3, "DEC Alpha", ArchFamily::kOther},
    ArchSpec{4, "Arc x86", ArchFamily::kOther},
    ArchSpec{5, "Intel Lean Client", ArchFamily::kOther},
    ArchSpec{6, "EFI IA32", ArchFamily::kEfi32},
    ArchSpec{7, "EFI x64", ArchFamily::kEfi64},
    ArchSpec{8, "EFI XScale", ArchFamily::kOther},
    ArchSpec{9, "EFI byte code", ArchFamily::kEfi64},
    ArchSpec{10, "EFI ARM32", ArchFamily::kArm32},
    ArchSpec{11, "EFI ARM64", ArchFamily::kArm64},
    ArchSpec{12, "PowerPC Open Firmware", ArchFamily::kOther},
    ArchSpec{13, "PowerPC ePAPR", ArchFamily::kOther},
    ArchSpec{14, "POWER OPAL v3", ArchFamily::kOther},
    ArchSpec{15, "EFI IA32 HTTP", ArchFamily::kEfi32, true},
    ArchSpec{16, "EFI x64 HTTP", ArchFamily::kEfi64, true},
    ArchSpec{17, "EFI byte code HTTP", ArchFamily::kEfi64, true},
    ArchSpec{18, "EFI ARM32 HTTP", ArchFamily::kArm32, true},
    ArchSpec{19, "EFI ARM64 HTTP", ArchFamily::kArm64, true},
    ArchSpec{20, "x86 BIOS HTTP", ArchFamily::kBios, true},
    ArchSpec{21, "U-Boot ARM32", ArchFamily::kOther},
    ArchSpec{22, "U-Boot ARM64", ArchFamily::kOther},
    ArchSpec{23, "U-Boot ARM32 HTTP", ArchFamily::kOther, true},
    ArchSpec{24, "U-Boot ARM64 HTTP", ArchFamily::kOther, true},
    ArchSpec{25, "EFI RISC-V 32", ArchFamily::kRiscv32},
    ArchSpec{26, "EFI RISC-V 32 HTTP", ArchFamily::kRiscv32, true},
    ArchSpec{27, "EFI RISC-V 64", ArchFamily::kRiscv64},
    ArchSpec{28, "EFI RISC-V 64 HTTP", ArchFamily::kRiscv64, true},
    ArchSpec{29, "EFI RISC-V 128", ArchFamily::kRiscv128},
    ArchSpec{30, "EFI RISC-V 128 HTTP", ArchFamily::kRiscv128, true},
    ArchSpec{31, "s390 basic", ArchFamily::kOther},
    ArchSpec{32, "s390 extended", ArchFamily::kOther},
    ArchSpec{33, "MIPS 32", ArchFamily::kOther},
    ArchSpec{34, "MIPS 64", ArchFamily::kOther},
    ArchSpec{35, "Sunway 32", ArchFamily::kOther},
    ArchSpec{36, "Sunway 64", ArchFamily::kOther},
    ArchSpec{37, "EFI LoongArch 32", ArchFamily::kLoongarch32},
    ArchSpec{38, "EFI LoongArch 32 HTTP", ArchFamily::kLoongarch32, true},
    ArchSpec{39, "EFI LoongArch 64", ArchFamily::kLoongarch64},
    ArchSpec{40, "EFI LoongArch 64 HTTP", ArchFamily::kLoongarch64, true},
    ArchSpec{41, "ARM rpiboot", ArchFamily::kOther},
};

constexpr bool arch_table_is_indexed_by_code() {
  for (std::size_t i = 0; i < kArchTable.size(); ++i)
    if (kArchTable[i].code != i) return false;
  return true;
}
static_assert(arch_table_is_indexed_by_code());

// Null for a number the table lacks. O(1).
[[nodiscard]] constexpr const ArchSpec* find_arch(ClientArch arch) {
  const auto code = static_cast<std::size_t>(arch);
  return code < kArchTable.size() ? &kArchTable[code] : nullptr;
}
[[nodiscard]] constexpr ArchFamily arch_family(ClientArch arch) {
  const ArchSpec* spec = find_arch(arch);
  return spec == nullptr ? ArchFamily::kOther : spec->family;
}
[[nodiscard]] constexpr bool arch_is_http(ClientArch arch) {
  const ArchSpec* spec = find_arch(arch);
  return spec != nullptr && spec->http;
}
[[nodiscard]] constexpr std::string_view arch_name(ClientArch arch) {
  const ArchSpec* spec = find_arch(arch);
  return spec == nullptr ? "unknown" : spec->name;
}

// The family's key in the configuration ("bios", "efi32", "efi64", "arm32", "arm64", ...; "other") and back.
[[nodiscard]] std::string_view arch_family_key(ArchFamily family);
[[nodiscard]] std::optional<ArchFamily> arch_family_from_key(std::string_view key);

// Whose client sent option 60.
enum class BootClass : std::uint8_t { kNone, kPxe, kHttp };

// "PXEClient:Arch:00007:UNDI:003016", HTTPClient likewise. The numbers are absent where they are malformed or missing:
// the nine-character prefix alone makes a PXE client.
struct VendorClass {
  BootClass boot = BootClass::kNone;
  std::optional<ClientArch> arch;
  std::optional<std::uint16_t> undi_version;  // major * 1000 + minor, as printed

  static VendorClass parse(std::string_view option_60);
};
inline constexpr std::string_view kPxeClientClass = "PXEClient";    // also what a reply's option 60 says
inline constexpr std::string_view kHttpClientClass = "HTTPClient";  // likewise

}  // namespace rackcast::dhcp4
