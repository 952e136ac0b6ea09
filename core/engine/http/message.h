// HTTP/1.1 requests and responses as plain structs (RFC 9110, RFC 9112): what the deciding half of HTTP reads and
// writes. No I/O, no parser: the connection (io_backends/stream) parses bytes into an HttpRequest and sends what an
// HttpResponse says. The board's API is served through the same two structs (HttpDecider).
//
// Thread: values, no sharing. Allocation: responses hold strings; one response per request, never per packet.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/time.h"
#include "proto/net/address.h"

namespace rackcast::engine {

struct HeaderField {
  std::string_view name;   // as received
  std::string_view value;  // surrounding blanks removed
};

// A parsed request head. All views are borrowed from the connection's buffer, for the duration of the call they are
// handed to.
struct HttpRequest {
  std::string_view method;  // "GET"; methods are case-sensitive (RFC 9110 §9.1)
  std::string_view target;  // as received: "/a%20b?x=1" or "http://host/a"
  unsigned version = 11;    // 10 or 11
  std::span<const HeaderField> headers;
  net::Endpoint peer;

  // The first field of that name (case-insensitive), and how many there are.
  [[nodiscard]] std::optional<std::string_view> find(std::string_view name) const;
  [[nodiscard]] std::size_t count(std::string_view name) const;
};

// Names are sent as written here: canonical case, since GRUB compares "Content-Length" by case. Static storage.
struct ResponseField {
  std::string_view name;
  std::string value;
};

// One run of bytes of the file being served, [from, to), after `prefix` (multipart part headers; else empty).
struct FilePart {
  std::string prefix;
  std::uint64_t from = 0;
  std::uint64_t to = 0;
};

enum class BodyKind : std::uint8_t {
  kNone,   // no body (304)
  kText,   // `text`
  kFile,   // `parts` of the file, then `text` (the closing delimiter of a multipart body; else empty)
  kIndex,  // the directory's index page: list it, then finish_index() turns this into kText
};

// What to answer. Date, Content-Length and Connection are added by encode_head().
struct HttpResponse {
  unsigned status = 200;
  std::vector<ResponseField> fields;
  BodyKind body = BodyKind::kNone;
  std::string text;
  std::vector<FilePart> parts;
  bool head_only = false;       // answer to HEAD: the fields of a GET, no body (RFC 9110 §9.3.2)
  bool close = false;           // the connection ends after this response
  bool keep_alive_1_0 = false;  // an HTTP/1.0 client asked for keep-alive: say so

  [[nodiscard]] std::uint64_t content_length() const;
};

// Answers requests whose bodies are texts (the board's API). May be called from every stream thread at once.
using HttpDecider = std::function<HttpResponse(const HttpRequest&)>;

// A whole text answer of the given type.
[[nodiscard]] HttpResponse text_response(unsigned status, std::string text,
                                         std::string_view content_type = "text/plain; charset=utf-8");

// "404 Not Found": the standard phrase; "Unknown" for codes never sent here.
[[nodiscard]] std::string_view reason_phrase(unsigned status);

// Status line and header block, with the empty line. Always "HTTP/1.1" (RFC 9112 §2.3; GRUB insists).
[[nodiscard]] std::string encode_head(const HttpResponse& response, WallTime now);

[[nodiscard]] std::string_view trim_blanks(std::string_view text);  // SP and HTAB at both ends

}  // namespace rackcast::engine
