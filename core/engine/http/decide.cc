#include "core/engine/http/decide.h"

#include <algorithm>
#include <array>
#include <cstdio>

#include "core/engine/http/content_type.h"
#include "core/engine/http/precondition.h"
#include "core/engine/http/range.h"
#include "proto/bytes/ascii.h"

namespace rackcast::engine {

namespace {

// RFC 9110 §9.3 and PATCH: known, and not allowed on a read-only tree.
constexpr std::array<std::string_view, 7> kRefusedMethods{"POST",    "PUT",   "DELETE", "CONNECT",
                                                          "OPTIONS", "TRACE", "PATCH"};

bool connection_says(const HttpRequest& request, std::string_view option) {
  for (const HeaderField& field : request.headers) {
    if (!bytes::equal_any_case(field.name, "Connection")) continue;
    std::string_view rest = field.value;
    while (!rest.empty()) {
      const auto comma = rest.find(',');
      if (bytes::equal_any_case(trim_blanks(rest.substr(0, comma)), option)) return true;
      if (comma == std::string_view::npos) break;
      rest.remove_prefix(comma + 1);
    }
  }
  return false;
}

// One Content-Length of digits, or nothing. nullopt: refused.
std::optional<std::uint64_t> body_length(const HttpRequest& request) {
  const std::size_t count = request.count("Content-Length");
  if (count == 0) return 0;
  const std::string_view text = *request.find("Content-Length");
  constexpr std::size_t kDigitsMax = 18;  // below 2^63
  if (count > 1 || text.empty() || text.size() > kDigitsMax) return std::nullopt;
  std::uint64_t length = 0;
  for (const char c : text) {
    if (c < '0' || c > '9') return std::nullopt;
    length = length * 10 + static_cast<std::uint64_t>(c - '0');
  }
  return length;
}

// Framing that two parsers might read differently ends the connection (RFC 9112 §11.2). 0: fine.
unsigned framing_refused(const HttpRequest& request, RequestCheck& check) {
  const bool transfer_encoding = request.count("Transfer-Encoding") > 0;
  if (transfer_encoding)
    return request.version == 10 || request.count("Content-Length") > 0 ? 400 : 501;  // no coding is of use here
  const auto length = body_length(request);
  if (!length) return 400;
  check.body_bytes = *length;
  return *length > kDiscardedBodyBytesMax ? 413 : 0;
}

// RFC 9112 §3.2: HTTP/1.1 has exactly one Host; more than one is wrong in any version.
bool host_refused(const HttpRequest& request) {
  const std::size_t count = request.count("Host");
  if (count > 1 || (count == 0 && request.version >= 11)) return true;
  if (count == 0) return false;
  const std::string_view host = *request.find("Host");
  return host.find_first_of(" \t/\\@?#,") != std::string_view::npos;
}

HttpResponse plain(unsigned status) {
  std::string text = std::to_string(status);
  text.append(" ").append(reason_phrase(status)).append("\n");
  return text_response(status, std::move(text));
}

void refuse(RequestCheck& check, unsigned status, bool close) {
  check.answer = plain(status);
  check.close = check.close || close;
  if (status == 405) check.answer->fields.push_back({"Allow", "GET, HEAD"});
}

HttpResponse finish(HttpResponse response, const RequestCheck& check) {
  response.head_only = check.head_only;
  response.close = response.close || check.close;
  response.keep_alive_1_0 = check.keep_alive_1_0 && !response.close;
  return response;
}

// An absolute path, not a URL: the client knows better than we by which name it reached us.
HttpResponse redirect_to_slash(const HttpTarget& target) {
  HttpResponse response = plain(301);
  std::string location = "/";
  location.append(encode_path(target.path)).append("/");
  if (!target.query.empty()) location.append("?").append(target.query);
  response.fields.push_back({"Location", std::move(location)});
  return response;
}

// A boundary that names the content and the moment: no random source needed, no guessing by whoever wrote the file.
std::string make_boundary(std::string_view etag, WallTime now) {
  std::uint64_t mix = static_cast<std::uint64_t>(now.time_since_epoch().count()) * 0x9E37'79B9'7F4A'7C15U;
  for (const char c : etag) mix = (mix ^ static_cast<unsigned char>(c)) * 0x0000'0100'0000'01B3U;
  std::array<char, 40> text{};
  std::snprintf(text.data(), text.size(), "rackcast-%016llx", static_cast<unsigned long long>(mix));
  return text.data();
}

std::string content_range(const ByteRange& range, std::uint64_t size) {
  return "bytes " + std::to_string(range.from) + "-" + std::to_string(range.to - 1) + "/" + std::to_string(size);
}

void add_multipart(HttpResponse& response, const std::vector<ByteRange>& ranges, const FileFacts& facts,
                   std::string_view type, const std::string& boundary) {
  response.fields.push_back({"Content-Type", "multipart/byteranges; boundary=" + boundary});
  for (const ByteRange& range : ranges) {
    std::string prefix = response.parts.empty() ? "--" : "\r\n--";
    prefix.append(boundary).append("\r\nContent-Type: ").append(type);
    prefix.append("\r\nContent-Range: ").append(content_range(range, facts.identity.size_bytes)).append("\r\n\r\n");
    response.parts.push_back({std::move(prefix), range.from, range.to});
  }
  response.text = "\r\n--" + boundary + "--\r\n";
}

HttpResponse answer_range(RangeResult range, HttpResponse response, const FileFacts& facts, std::string_view type,
                          std::string_view etag, WallTime now) {
  const std::uint64_t size = facts.identity.size_bytes;
  if (range.state == RangeResult::State::kUnsatisfiable) {
    HttpResponse refused = plain(416);
    refused.fields.push_back({"Content-Range", "bytes */" + std::to_string(size)});
    refused.fields.push_back({"Accept-Ranges", "bytes"});
    return refused;
  }
  response.status = 206;
  response.body = BodyKind::kFile;
  if (range.ranges.size() > 1) {
    add_multipart(response, range.ranges, facts, type, make_boundary(etag, now));
    return response;
  }
  response.fields.push_back({"Content-Type", std::string(type)});
  response.fields.push_back({"Content-Range", content_range(range.ranges.front(), size)});
  response.parts.push_back({"", range.ranges.front().from, range.ranges.front().to});
  return response;
}

HttpResponse answer_file(const HttpRequest& request, const RequestCheck& check, const HttpTarget& target,
                         const FileFacts& facts, WallTime now) {
  constexpr std::int64_t kNanosecondsPerSecond = 1'000'000'000;
  const std::string etag = make_etag(facts.identity);
  const Validators validators{etag, facts.identity.mtime_ns / kNanosecondsPerSecond};
  const UnixSeconds now_seconds = to_seconds(now);
  const Precondition precondition = evaluate_preconditions(request, validators, now_seconds);
  if (precondition == Precondition::kFailed) return plain(412);
  HttpResponse response;
  // Never later than Date (RFC 9110 §8.8.2.1). Only what is said is moved back: comparing the real time, a file from
  // the future is modified since any date a client can have got from here, so it is sent and not called unchanged.
  const UnixSeconds said = std::min(validators.modified, now_seconds);
  response.fields.push_back({"Last-Modified", std::string(format_http_date(said).view())});
  response.fields.push_back({"ETag", etag});
  response.fields.push_back({"Accept-Ranges", "bytes"});
  if (precondition == Precondition::kNotModified) {
    response.status = 304;
    return response;
  }
  const std::string_view type = content_type_of(target.path);
  const auto range_field = request.find("Range");
  // Range is defined for GET alone (RFC 9110 §14.2); several Range fields have no meaning: the whole.
  if (range_field && !check.head_only && request.count("Range") == 1 &&
      if_range_holds(request, validators, now_seconds)) {
    RangeResult range = parse_range(*range_field, facts.identity.size_bytes);
    if (range.state != RangeResult::State::kWhole)
      return answer_range(std::move(range), std::move(response), facts, type, etag, now);
  }
  response.fields.push_back({"Content-Type", std::string(type)});
  response.body = BodyKind::kFile;
  response.parts.push_back({"", 0, facts.identity.size_bytes});
  return response;
}

HttpResponse decide_open(const HttpRequest& request, const RequestCheck& check, const HttpTarget& target,
                         const FileFacts& facts, WallTime now) {
  switch (facts.kind) {
    case FileFacts::Kind::kForbidden:
      return plain(403);
    case FileFacts::Kind::kUnavailable: {
      HttpResponse response = plain(503);
      response.fields.push_back({"Retry-After", "2"});
      return response;
    }
    case FileFacts::Kind::kFile:
      return target.trailing_slash ? plain(404) : answer_file(request, check, target, facts, now);
    case FileFacts::Kind::kDirectory: {
      if (!target.trailing_slash) return redirect_to_slash(target);
      HttpResponse response;
      response.body = BodyKind::kIndex;
      response.fields.push_back({"Content-Type", "text/html; charset=utf-8"});
      return response;
    }
    case FileFacts::Kind::kMissing:
      break;
  }
  return plain(404);
}

}  // namespace

RequestCheck check_request(const HttpRequest& request) {
  RequestCheck check;
  check.head_only = request.method == "HEAD";
  const bool wants_close = connection_says(request, "close");
  check.keep_alive_1_0 = request.version == 10 && !wants_close && connection_says(request, "keep-alive");
  check.close = wants_close || (request.version == 10 && !check.keep_alive_1_0);
  if (host_refused(request)) {
    refuse(check, 400, true);
    return check;
  }
  if (const unsigned status = framing_refused(request, check); status != 0) {
    refuse(check, status, true);
    return check;
  }
  if (const auto expect = request.find("Expect"); expect && request.version >= 11) {
    if (!bytes::equal_any_case(*expect, "100-continue")) {
      refuse(check, 417, true);
      return check;
    }
    // The final status straight away; whether the body still comes cannot be known, so the connection ends.
    if (check.body_bytes > 0) {
      check.body_bytes = 0;
      check.close = true;
    }
  }
  if (request.method == "GET" || check.head_only) return check;
  for (const std::string_view method : kRefusedMethods) {
    if (request.method != method) continue;
    // After CONNECT the bytes that follow need not be HTTP.
    refuse(check, 405, method == "CONNECT");
    return check;
  }
  refuse(check, 501, true);
  return check;
}

HttpResponse decide(const HttpRequest& request, const RequestCheck& check, const HttpTarget& target,
                    const FileFacts& facts, WallTime now) {
  if (check.answer) return finish(*check.answer, check);
  if (target.refused != 0) return finish(plain(target.refused), check);
  return finish(decide_open(request, check, target, facts, now), check);
}

HttpResponse decide_text(const HttpRequest& request, const HttpDecider& decider) {
  RequestCheck check = check_request(request);
  if (check.answer) return finish(std::move(*check.answer), check);
  return finish(decider(request), check);
}

HttpResponse refusal(unsigned status) {
  HttpResponse response = plain(status);
  response.close = true;
  return response;
}

HttpResponse busy(bool close) {
  HttpResponse response = plain(503);
  response.fields.push_back({"Retry-After", "5"});
  response.close = close;
  return response;
}

std::string make_etag(const FileIdentity& identity) {
  std::array<char, 96> text{};
  std::snprintf(text.data(), text.size(), "\"%llx-%llx-%llx-%llx\"", static_cast<unsigned long long>(identity.device),
                static_cast<unsigned long long>(identity.inode), static_cast<unsigned long long>(identity.size_bytes),
                static_cast<unsigned long long>(identity.mtime_ns));
  return text.data();
}

}  // namespace rackcast::engine
