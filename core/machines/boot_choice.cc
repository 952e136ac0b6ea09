#include "core/machines/boot_choice.h"

#include "core/machines/placeholder_text.h"
#include "proto/dhcp/arch.h"

namespace rackcast {
namespace {

using Rules = std::map<std::string, std::string>;

// std::map<std::string, …> has no lookup by string_view in C++20 that does not make a string; the maps hold six keys.
std::string_view rule_for(const Rules& rules, std::string_view key) {
  for (const auto& [name, file] : rules)
    if (name == key) return file;
  return {};
}

std::string_view rule_or_default(const Rules& rules, std::string_view key) {
  const std::string_view own = key.empty() ? std::string_view{} : rule_for(rules, key);
  return own.empty() ? rule_for(rules, "default") : own;
}

bool is_url(std::string_view file) {
  return file.find("://") != std::string_view::npos;
}

BootChoice make_choice(BootVia via, std::string_view pattern, net::Ipv4Address server) {
  if (pattern.empty()) return {};
  const auto file = render_placeholders<kBootFileBytesMax>(
      pattern, [&](std::string_view name) { return name == "server" ? server.text() : net::AddressText{}; });
  if (file.cut()) return {};
  return {via, file};
}

}  // namespace

std::string_view architecture_key(const Machine& machine, bool bootp) {
  const auto vendor = dhcp4::VendorClass::parse(machine.vendor_class);
  std::uint16_t code = machine.architecture;
  if (code == kArchitectureUnsaid && vendor.arch) code = static_cast<std::uint16_t>(*vendor.arch);
  if (code != kArchitectureUnsaid) return dhcp4::arch_family_key(dhcp4::arch_family(dhcp4::ClientArch{code}));
  const bool boots = bootp || machine.ipxe || vendor.boot != dhcp4::BootClass::kNone;
  return boots ? dhcp4::arch_family_key(dhcp4::ArchFamily::kBios) : std::string_view{};
}

BootChoice choose_boot(const Machine& machine, const HostConfig* host, const BootConfig& config,
                       net::Ipv4Address server, bool bootp) {
  const std::string_view own = host != nullptr && host->filename ? std::string_view(*host->filename) : "";
  if (dhcp4::VendorClass::parse(machine.vendor_class).boot == dhcp4::BootClass::kHttp)
    return make_choice(BootVia::kHttp, is_url(own) ? own : std::string_view(config.http), server);
  if (!own.empty()) return make_choice(BootVia::kTftp, own, server);
  const std::string_view key = architecture_key(machine, bootp);
  std::string_view file;
  if (machine.ipxe) file = rule_or_default(config.ipxe, key);
  if (file.empty()) file = rule_or_default(config.by_architecture, key);
  return make_choice(BootVia::kTftp, file, server);
}

}  // namespace rackcast
