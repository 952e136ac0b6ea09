// Any bytes as a dhcpd.conf: a configuration or an error, never neither; what becomes of it as TOML is read back to the
// same. What stands behind a byte 0xFF is the dhcpd.leases beside it. The corpus is small, for the plain runner tries
// every prefix and every flip; a long run of libFuzzer is given tests/conformance/dhcpd_conf as a second folder.
#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "core/config/parse.h"
#include "core/config/reload.h"
#include "core/oldfiles/dhcpd_import.h"
#include "core/oldfiles/toml_text.h"
#include "tests/core/oldfiles/fake_host.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace rackcast;
  testing::FakeHost host;
  const std::string all(reinterpret_cast<const char*>(data), size);
  host.files["f"] = all.substr(0, all.find('\xFF'));
  if (all.find('\xFF') != std::string::npos) host.files["/l"] = all.substr(all.find('\xFF') + 1);
  host.files["i"] = "option domain-name \"i.example\";\n";
  ImportReport report;
  const auto config = import_dhcpd_file("f", host, report, "/l");
  if (config.has_value() == report.has_errors()) std::abort();
  for (const ImportNote& note : report.notes()) (void)import_line(note);
  if (!config) return 0;
  const auto text = toml_text(*config);
  if (!text) return 0;
  const ConfigOutcome again = parse_config(*text, "f");
  if (again.config == nullptr || !reload_plan(*config, *again.config).empty()) std::abort();
  return 0;
}
