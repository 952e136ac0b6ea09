// Any bytes as an xinetd file: a configuration or an error, never neither; what becomes of it as TOML is read back to
// the same. The corpus is the importer's own samples.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "core/config/parse.h"
#include "core/config/reload.h"
#include "core/oldfiles/toml_text.h"
#include "core/oldfiles/xinetd_import.h"
#include "tests/core/oldfiles/fake_host.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace rackcast;
  testing::FakeHost host;
  host.files["f"] = std::string(reinterpret_cast<const char*>(data), size);
  ImportReport report;
  const auto config = import_xinetd_file("f", host, {.strict = size % 2 == 0}, report);
  if (config.has_value() == report.has_errors()) std::abort();
  for (const ImportNote& note : report.notes()) (void)import_line(note);
  if (!config || find_key("tftp", "only_from") == nullptr) return 0;
  const auto text = toml_text(*config);
  if (!text) return 0;
  const ConfigOutcome again = parse_config(*text, "f");
  if (again.config == nullptr || !reload_plan(*config, *again.config).empty()) std::abort();
  return 0;
}
