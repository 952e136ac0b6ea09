// One HTTP response, read by Beast's parser from bytes as they come; the body goes into a FetchBody and nowhere else.
// Sans-I/O: no socket here. An answer that is no success has its body dropped.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "tools/sim/live/fetch_body.h"
#include "tools/sim/live/http_text.h"

namespace rackcast::sim {

class HttpResponse {
 public:
  HttpResponse(HttpMethod method, FetchBody& body);
  ~HttpResponse();
  HttpResponse(const HttpResponse&) = delete;
  HttpResponse& operator=(const HttpResponse&) = delete;

  // Bytes that follow those given before. Returns how many were used: the rest comes again, with more behind it. Less
  // than all while neither done() nor failed(): the head is not whole yet.
  [[nodiscard]] std::size_t add(std::span<const std::byte> bytes);
  void add_end();  // the server closed

  [[nodiscard]] bool done() const;
  [[nodiscard]] bool failed() const { return failure_ != Failure::kNone; }
  [[nodiscard]] Failure failure() const { return failure_; }  // kProtocol, kEndless, kConnectionLost

  // Once the head is there.
  [[nodiscard]] bool head_done() const;
  [[nodiscard]] std::uint16_t status() const;  // 0 before
  [[nodiscard]] std::optional<std::uint64_t> content_length() const;
  [[nodiscard]] std::string location() const;
  [[nodiscard]] bool keeps_connection() const;

  static constexpr std::size_t kHeadBytesMax = 16'384;
  static constexpr std::uint64_t kErrorBodyBytesMax = 1 << 20;

 private:
  struct Parser;
  std::unique_ptr<Parser> parser_;
  Failure failure_ = Failure::kNone;
};

}  // namespace rackcast::sim
