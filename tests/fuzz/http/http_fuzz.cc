// Any bytes as a request head, as a target, as a Range value and as a date: defined answers, and what must hold of
// them.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

#include "core/engine/http/date.h"
#include "core/engine/http/decide.h"
#include "core/engine/http/head_scan.h"
#include "core/engine/http/range.h"

namespace {

using namespace rackcast::engine;

void require(bool holds) {
  if (!holds) std::abort();
}

void check_target(std::string_view text) {
  const HttpTarget target = parse_target(text, "/var/ftp");
  if (target.refused != 0) return;
  const std::string_view path = target.path;
  require(path.find('\0') == std::string_view::npos);
  require(!path.starts_with('/') && !path.ends_with('/') && path.find("//") == std::string_view::npos);
  const std::string framed = "/" + std::string(path) + "/";
  require(framed.find("/../") == std::string::npos && framed.find("/./") == std::string::npos);
}

void check_range(std::string_view text, std::uint64_t size) {
  const RangeResult result = parse_range(text, size);
  require((result.state == RangeResult::State::kPartial) == !result.ranges.empty());
  std::uint64_t sum = 0;
  for (const ByteRange& range : result.ranges) {
    require(range.from < range.to && range.to <= size);
    sum += range.to - range.from;
  }
  require(sum <= size);  // no byte twice
}

// A head of "Name: value" lines after the request line, read without Beast: enough to walk every rule of the decision.
void check_request_rules(std::string_view text) {
  const HeadScan scan = scan_head(text);
  if (scan.state != HeadScan::State::kComplete) return;
  require(scan.skip + scan.size <= text.size());
  std::string_view head = text.substr(scan.skip, scan.size);
  std::vector<HeaderField> fields;
  HttpRequest request;
  for (bool first = true; !head.empty(); first = false) {
    const auto end = head.find("\r\n");
    require(end != std::string_view::npos);
    const std::string_view line = head.substr(0, end);
    head.remove_prefix(end + 2);
    const auto split = line.find(first ? ' ' : ':');
    if (split == std::string_view::npos) continue;
    if (first) {
      request.method = line.substr(0, split);
      request.target = line.substr(split + 1, line.rfind(' ') - split - 1);
    } else {
      fields.push_back({line.substr(0, split), trim_blanks(line.substr(split + 1))});
    }
  }
  request.headers = fields;
  FileFacts facts;
  facts.kind = FileFacts::Kind::kFile;
  facts.identity = {1, 2, 1'000, 784'111'777'000'000'000, 3};
  const rackcast::WallTime now{std::chrono::seconds{1'795'500'000}};
  const RequestCheck check = check_request(request);
  const HttpResponse response = decide(request, check, parse_target(request.target, ""), facts, now);
  require(reason_phrase(response.status) != "Unknown");
  require(encode_head(response, now).ends_with("\r\n\r\n"));
  for (const FilePart& part : response.parts) require(part.from <= part.to && part.to <= 1'000);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  check_target(text);
  check_range(text, 1'000);
  check_range(text, 0);
  if (const auto date = parse_http_date(text, 1'795'500'000))
    require(parse_http_date(format_http_date(*date), 1'795'500'000) == date);
  check_request_rules(text);
  return 0;
}
