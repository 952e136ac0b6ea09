// Content-Type by the name's extension. EDK2's HTTP boot insists on the three EFI types; compressed files are typed as
// what they are, never sent with a Content-Encoding that a client would undo.
#pragma once

#include <string_view>

namespace rackcast::engine {

// "application/octet-stream" when the extension is unknown or missing.
[[nodiscard]] std::string_view content_type_of(std::string_view path);

}  // namespace rackcast::engine
