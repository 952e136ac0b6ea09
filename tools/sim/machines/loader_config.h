// What a loader's configuration says to boot: pxelinux.cfg (also U-Boot's extlinux form of it), grub.cfg and iPXE
// scripts, as far as they decide which files are fetched; and a kickstart's install tree. Total: any text gives an
// answer or one reason. Bounded by kConfigLinesMax and kConfigValueBytesMax; what is beyond them is left unread.
#pragma once

#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <utility>
#include <vector>

#include "tools/sim/machines/profile.h"

namespace rackcast::sim {

inline constexpr std::size_t kConfigLinesMax = 20'000;
inline constexpr std::size_t kConfigValueBytesMax = 4'096;  // a command line; what a kernel takes at most
inline constexpr std::size_t kInitrdsMax = 16;

// Names as they are written: relative, absolute or URLs (location.h).
struct LoaderConfig {
  std::string kernel;
  std::vector<std::string> initrds;  // in the order they are loaded
  std::string device_tree;           // U-Boot's `fdt`
  std::string command_line;
  std::string chain;  // iPXE: another script takes over instead; then `kernel` is empty
};

// Values for ${...}: "mac" -> "02:52:43:00:00:01". Names are the dialect's own.
using LoaderVariables = std::vector<std::pair<std::string_view, std::string>>;

// The reason is static storage, for people: "the default entry names no kernel".
using ParsedConfig = tl::expected<LoaderConfig, std::string_view>;
[[nodiscard]] ParsedConfig parse_loader_config(ConfigDialect dialect, std::string_view text,
                                               const LoaderVariables& variables);

// One each, in a file of its own.
[[nodiscard]] ParsedConfig parse_pxelinux_config(std::string_view text);
[[nodiscard]] ParsedConfig parse_grub_config(std::string_view text, const LoaderVariables& variables);
[[nodiscard]] ParsedConfig parse_ipxe_script(std::string_view text, const LoaderVariables& variables);

// The kickstart's URL in a command line: the last of inst.ks=, ks=, or a Debian installer's url= and preseed/url=.
// Empty: none.
[[nodiscard]] std::string_view kickstart_url(std::string_view command_line);
// The tree a kickstart installs from: `url --url=URL` or `url --url URL`, quoted or not. Empty: none.
[[nodiscard]] std::string_view install_url(std::string_view kickstart);

}  // namespace rackcast::sim
