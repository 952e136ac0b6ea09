// One file by HTTP/1.1: connect or reuse, HEAD where the firmware does (an error to it is no end), GET, redirects
// followed kRedirectsMax times.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "tools/sim/live/fetch.h"
#include "tools/sim/live/http_response.h"
#include "tools/sim/live/http_text.h"

namespace rackcast::sim {

class HttpFetch final : public Fetch, public Watcher {
 public:
  HttpFetch(FetchHost& host, FetchOrder order);
  ~HttpFetch() override { stop(); }

  void start(Instant now) override;
  void on_ready(Instant now, std::uint32_t events) override;

  static constexpr unsigned kRedirectsMax = 5;

 private:
  void connect(Instant now, bool may_reuse);
  void on_connected(Instant now);
  void ask(Instant now);
  void send_rest(Instant now);
  void receive(Instant now);
  void take(Instant now, std::span<const std::byte> bytes);
  void on_response(Instant now);
  void on_head(Instant now, std::uint16_t status);
  void on_redirect(Instant now);
  void on_closed(Instant now);
  void leave(Instant now, Failure failure);

  void close_all() override;
  void resume() override;

  HttpTarget target_;
  HttpMethod method_ = HttpMethod::kGet;
  FileDescriptor socket_;
  bool watched_ = false;
  bool connected_ = false;
  bool reused_ = false;
  bool may_keep_ = false;
  unsigned redirects_ = 0;
  std::optional<std::uint64_t> promised_;  // by HEAD
  std::string to_send_;
  std::vector<std::byte> unused_;  // the beginning of a head that is not whole
  std::unique_ptr<HttpResponse> response_;
};

}  // namespace rackcast::sim
