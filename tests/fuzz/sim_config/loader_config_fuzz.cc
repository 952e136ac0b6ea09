// Any text as a configuration of every dialect and as a kickstart: an answer within the bounds, or a reason.
#include <cstdlib>

#include "tools/sim/machines/loader_config.h"

namespace rackcast::sim {
namespace {

void check(const ParsedConfig& config) {
  if (!config) {
    if (config.error().empty()) std::abort();
    return;
  }
  if (config->kernel.empty() && config->chain.empty()) std::abort();
  if (config->initrds.size() > kInitrdsMax) std::abort();
  if (config->command_line.size() > 2 * kConfigValueBytesMax) std::abort();
  if (kickstart_url(config->command_line).size() > config->command_line.size()) std::abort();
}

void run(std::string_view text) {
  const LoaderVariables variables{{"mac", "02:52:43:00:00:01"}, {"prefix", "/grub"}};
  for (const ConfigDialect dialect :
       {ConfigDialect::kPxelinux, ConfigDialect::kGrub, ConfigDialect::kIpxe, ConfigDialect::kUboot})
    check(parse_loader_config(dialect, text, variables));
  if (install_url(text).size() > text.size()) std::abort();
}

}  // namespace
}  // namespace rackcast::sim

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  rackcast::sim::run({reinterpret_cast<const char*>(data), size});
  return 0;
}
