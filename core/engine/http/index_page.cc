#include "core/engine/http/index_page.h"

#include <algorithm>
#include <utility>

#include "core/engine/http/target.h"

namespace rackcast::engine {

namespace {

// Names come from the file system and may hold anything: markup is escaped, control bytes are shown as '?'.
std::string escape_text(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (const char c : text) {
    switch (c) {
      case '&':
        out.append("&amp;");
        break;
      case '<':
        out.append("&lt;");
        break;
      case '>':
        out.append("&gt;");
        break;
      case '"':
        out.append("&quot;");
        break;
      default:
        out.push_back(static_cast<unsigned char>(c) < 0x20 || c == 0x7F ? '?' : c);
    }
  }
  return out;
}

void append_padded(std::string& out, std::size_t used, std::size_t width) {
  out.append(used < width ? width - used : 1, ' ');
}

// A link's target may begin a path that a browser reads otherwise ("//x"): names hold no '/', so "./" is not needed,
// and encode_path hides ':'. '&' and quotes are escaped as in any attribute.
void append_entry(std::string& out, const DirectoryEntry& entry) {
  constexpr std::size_t kNameWidth = 56;
  constexpr std::size_t kSizeWidth = 16;
  const std::string_view slash = entry.directory ? "/" : "";
  out.append("<a href=\"").append(escape_text(encode_path(entry.name))).append(slash).append("\">");
  out.append(escape_text(entry.name)).append(slash).append("</a>");
  append_padded(out, entry.name.size() + slash.size(), kNameWidth);
  out.append(format_index_date(entry.modified).view());
  const std::string size = entry.directory ? "-" : std::to_string(entry.size_bytes);
  append_padded(out, size.size(), kSizeWidth);
  out.append(size).append("\n");
}

}  // namespace

std::string index_page(std::string_view path, DirectoryListing listing) {
  std::sort(listing.entries.begin(), listing.entries.end(),
            [](const DirectoryEntry& a, const DirectoryEntry& b) { return a.name < b.name; });
  std::string title = "Index of /";
  title.append(escape_text(path));
  if (!path.empty()) title.append("/");
  std::string out =
      "<!DOCTYPE html>\n<html><head><title>" + title + "</title></head>\n<body>\n<h1>" + title + "</h1><hr><pre>";
  if (!path.empty()) out.append("<a href=\"../\">../</a>");
  out.append("\n");
  for (const DirectoryEntry& entry : listing.entries) append_entry(out, entry);
  out.append("</pre><hr>");
  if (listing.cut)
    out.append("<p>Only the first " + std::to_string(listing.entries.size()) + " names found are listed here.</p>");
  return out.append("\n</body></html>\n");
}

void finish_index(HttpResponse& response, std::string_view path, DirectoryListing listing) {
  response.text = index_page(path, std::move(listing));
  response.body = BodyKind::kText;
}

}  // namespace rackcast::engine
