// Any text as a URL and as a name in a configuration: what comes out can be asked for.
#include <cstdlib>

#include "tools/sim/machines/location.h"

namespace rackcast::sim {
namespace {

void check_url(std::string_view text) {
  const auto url = parse_url(text);
  if (!url) return;
  if (url->host.empty() || url->path.empty() || url->path.front() != '/') std::abort();
  for (const char c : url->path)
    if (static_cast<unsigned char>(c) < 0x20) std::abort();
}

void check_name(std::string_view text, UrlScheme scheme) {
  const Location base{scheme, {net::Ipv4Address(10, 0, 0, 1), net::UdpPort(80)}, "/folder/file"};
  const auto location = resolve(text, base, RunFacts{});
  if (!location) return;
  if (location->server.address.is_any() && text.find("0.0.0.0") == std::string_view::npos) std::abort();
  if (location->scheme != UrlScheme::kTftp && location->path.empty()) std::abort();
  (void)display(*location);
}

}  // namespace
}  // namespace rackcast::sim

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  rackcast::sim::check_url(text);
  rackcast::sim::check_name(text, rackcast::sim::UrlScheme::kTftp);
  rackcast::sim::check_name(text, rackcast::sim::UrlScheme::kHttp);
  return 0;
}
