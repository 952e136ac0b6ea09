#include "tools/sim/machines/loader_config.h"

#include <array>

#include "tools/sim/machines/config_text.h"

namespace rackcast::sim {
namespace {

std::string_view unquoted(std::string_view text) {
  if (text.size() >= 2 && (text.front() == '"' || text.front() == '\'') && text.back() == text.front())
    return text.substr(1, text.size() - 2);
  return text;
}

}  // namespace

ParsedConfig parse_loader_config(ConfigDialect dialect, std::string_view text, const LoaderVariables& variables) {
  switch (dialect) {
    case ConfigDialect::kPxelinux:
    case ConfigDialect::kUboot:
      return parse_pxelinux_config(text);
    case ConfigDialect::kGrub:
      return parse_grub_config(text, variables);
    case ConfigDialect::kIpxe:
      return parse_ipxe_script(text, variables);
    case ConfigDialect::kNone:
      break;
  }
  return tl::make_unexpected("no configuration is read here");
}

std::string_view kickstart_url(std::string_view command_line) {
  constexpr std::array<std::string_view, 4> kNames{"inst.ks=", "ks=", "url=", "preseed/url="};
  std::string_view found;
  while (!command_line.empty()) {
    const std::string_view word = unquoted(next_word(command_line));
    for (const std::string_view name : kNames)
      if (word.starts_with(name)) found = unquoted(word.substr(name.size()));
  }
  return found;
}

std::string_view install_url(std::string_view kickstart) {
  constexpr std::string_view kOption = "--url";
  std::string_view line;
  for (std::size_t count = 0; count < kConfigLinesMax && next_line(kickstart, line); ++count) {
    if (next_word(line) != "url") continue;
    while (!line.empty()) {
      std::string_view word = next_word(line);
      if (!word.starts_with(kOption)) continue;
      word.remove_prefix(kOption.size());
      if (word.starts_with('=')) return unquoted(word.substr(1));
      if (word.empty()) return unquoted(next_word(line));
    }
  }
  return {};
}

}  // namespace rackcast::sim
