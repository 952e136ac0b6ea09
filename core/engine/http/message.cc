#include "core/engine/http/message.h"

#include <algorithm>
#include <array>

#include "core/engine/http/date.h"
#include "proto/bytes/ascii.h"

namespace rackcast::engine {

namespace {

struct Phrase {
  unsigned status;
  std::string_view text;
};
constexpr std::array kPhrases{
    Phrase{200, "OK"},
    Phrase{206, "Partial Content"},
    Phrase{301, "Moved Permanently"},
    Phrase{304, "Not Modified"},
    Phrase{400, "Bad Request"},
    Phrase{401, "Unauthorized"},
    Phrase{403, "Forbidden"},
    Phrase{404, "Not Found"},
    Phrase{405, "Method Not Allowed"},
    Phrase{408, "Request Timeout"},
    Phrase{412, "Precondition Failed"},
    Phrase{413, "Content Too Large"},
    Phrase{414, "URI Too Long"},
    Phrase{416, "Range Not Satisfiable"},
    Phrase{417, "Expectation Failed"},
    Phrase{431, "Request Header Fields Too Large"},
    Phrase{500, "Internal Server Error"},
    Phrase{501, "Not Implemented"},
    Phrase{503, "Service Unavailable"},
    Phrase{505, "HTTP Version Not Supported"},
};

}  // namespace

std::string_view trim_blanks(std::string_view text) {
  const auto first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

std::optional<std::string_view> HttpRequest::find(std::string_view name) const {
  for (const HeaderField& field : headers)
    if (bytes::equal_any_case(field.name, name)) return field.value;
  return std::nullopt;
}

std::size_t HttpRequest::count(std::string_view name) const {
  return static_cast<std::size_t>(std::count_if(
      headers.begin(), headers.end(), [&](const HeaderField& f) { return bytes::equal_any_case(f.name, name); }));
}

std::uint64_t HttpResponse::content_length() const {
  std::uint64_t length = text.size();
  for (const FilePart& part : parts) length += part.prefix.size() + (part.to - part.from);
  return length;
}

HttpResponse text_response(unsigned status, std::string text, std::string_view content_type) {
  HttpResponse response;
  response.status = status;
  response.body = BodyKind::kText;
  response.text = std::move(text);
  response.fields.push_back({"Content-Type", std::string(content_type)});
  return response;
}

std::string_view reason_phrase(unsigned status) {
  for (const Phrase& phrase : kPhrases)
    if (phrase.status == status) return phrase.text;
  return "Unknown";
}

std::string encode_head(const HttpResponse& response, WallTime now) {
  std::string out;
  out.reserve(512);
  out.append("HTTP/1.1 ").append(std::to_string(response.status)).append(" ");
  out.append(reason_phrase(response.status)).append("\r\nDate: ").append(format_http_date(to_seconds(now)).view());
  out.append("\r\n");
  for (const ResponseField& field : response.fields)
    out.append(field.name).append(": ").append(field.value).append("\r\n");
  // A 304 has no body, and its length would be the unsent representation's (RFC 9110 §8.6): left out.
  if (response.status != 304)
    out.append("Content-Length: ").append(std::to_string(response.content_length())).append("\r\n");
  if (response.close)
    out.append("Connection: close\r\n");
  else if (response.keep_alive_1_0)
    out.append("Connection: keep-alive\r\n");
  return out.append("\r\n");
}

}  // namespace rackcast::engine
