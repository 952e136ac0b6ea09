// What to answer to an HTTP request for a tree of files (RFC 9110, RFC 9112). Two steps with one look-up in between:
//
//   check_request(request)            method, version, framing, Host, Expect: known before the tree is looked at
//   parse_target(target, root)        which path (target.h)
//   [the connection opens the path]   -> FileFacts
//   decide(request, check, target, facts, now) -> HttpResponse
//   [kIndex: the connection lists]    finish_index(response, ...)
//
// Pure and total: every request has an answer. Thread: any; no state. GET and HEAD only: the tree is read-only.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/engine/http/message.h"
#include "core/engine/http/target.h"
#include "core/images/image.h"

namespace rackcast::engine {

// A request body is read and dropped up to this size, so that the connection stays usable; above it the connection
// ends. No client of an install tree sends one.
inline constexpr std::uint64_t kDiscardedBodyBytesMax = 65'536;

struct RequestCheck {
  std::optional<HttpResponse> answer;  // set: refused, nothing else to look at
  bool head_only = false;
  bool close = false;            // after the answer: HTTP/1.0, Connection: close, or a refusal that ends the connection
  bool keep_alive_1_0 = false;   // an HTTP/1.0 client that asked to stay
  std::uint64_t body_bytes = 0;  // of the request, to be read and dropped before the answer
};

// Refuses: HTTP/1.1 without exactly one Host, any Transfer-Encoding (400 together with Content-Length, else 501),
// Content-Length that is repeated, a list or no number (RFC 9112 §6.3, §11.2), other expectations than 100-continue,
// known methods (405 with Allow) and unknown ones (501).
[[nodiscard]] RequestCheck check_request(const HttpRequest& request);

// The same for an endpoint of texts (the board): its own decider answers, with HEAD and persistence applied here.
[[nodiscard]] HttpResponse decide_text(const HttpRequest& request, const HttpDecider& decider);

struct FileFacts {
  enum class Kind : std::uint8_t {
    kMissing,      // no such file; also links out of the root, sockets, devices
    kForbidden,    // the server may not read it
    kUnavailable,  // could not be looked up now (no descriptors left, I/O error): 503, try again
    kFile,
    kDirectory,
  };
  Kind kind = Kind::kMissing;
  FileIdentity identity;  // kFile: also makes the ETag
};

[[nodiscard]] HttpResponse decide(const HttpRequest& request, const RequestCheck& check, const HttpTarget& target,
                                  const FileFacts& facts, WallTime now);

// A refusal before there is a request to speak of (unreadable head, time-out): text, `Connection: close`.
[[nodiscard]] HttpResponse refusal(unsigned status);

// 503 with Retry-After: a limit is reached. The connection stays usable unless `close`.
[[nodiscard]] HttpResponse busy(bool close);

// Strong: changes whenever device, inode, size or modification time do. With quotes.
[[nodiscard]] std::string make_etag(const FileIdentity& identity);

}  // namespace rackcast::engine
