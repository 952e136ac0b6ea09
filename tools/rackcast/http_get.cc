#include "tools/rackcast/http_get.h"

#include <algorithm>
#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>
#include <optional>

namespace rackcast {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;

constexpr std::string_view kScheme = "http://";

std::string authority(const HttpUrl& url) {
  const bool ipv6 = url.host.find(':') != std::string::npos;
  return (ipv6 ? "[" + url.host + "]" : url.host) + ":" + url.port;
}

// Name look-up, connection, request and answer, each step started by the one before; the stream's own timeout covers
// all but the look-up, run_for() covers that.
class Fetch {
 public:
  Fetch(asio::io_context& context, const HttpUrl& url, std::string_view target, std::chrono::milliseconds timeout,
        std::size_t body_bytes_max)
      : url_(url), timeout_(timeout), resolver_(context), stream_(context) {
    request_.method(http::verb::get);
    request_.target(beast::string_view(target.data(), target.size()));
    request_.version(11);
    request_.set(http::field::host, authority(url));
    request_.set(http::field::connection, "close");
    parser_.body_limit(body_bytes_max);
    resolver_.async_resolve(url.host, url.port, [this](beast::error_code error, auto endpoints) {
      if (error) return finish(error);
      connect(endpoints);
    });
  }

  [[nodiscard]] bool finished() const { return finished_; }
  [[nodiscard]] beast::error_code error() const { return error_; }
  [[nodiscard]] http::response<http::string_body> take() { return parser_.release(); }

 private:
  void finish(beast::error_code error) {
    finished_ = true;
    error_ = error;
  }

  void connect(const asio::ip::tcp::resolver::results_type& endpoints) {
    stream_.expires_after(timeout_);
    stream_.async_connect(endpoints, [this](beast::error_code error, const auto&) {
      if (error) return finish(error);
      http::async_write(stream_, request_, [this](beast::error_code written, std::size_t) {
        if (written) return finish(written);
        http::async_read(stream_, buffer_, parser_, [this](beast::error_code read, std::size_t) { finish(read); });
      });
    });
  }

  const HttpUrl& url_;
  const std::chrono::milliseconds timeout_;
  asio::ip::tcp::resolver resolver_;
  beast::tcp_stream stream_;
  beast::flat_buffer buffer_;
  http::request<http::empty_body> request_;
  http::response_parser<http::string_body> parser_;
  bool finished_ = false;
  beast::error_code error_;
};

}  // namespace

Result<HttpUrl> parse_http_url(std::string_view url) {
  const std::string text(url);
  if (!url.starts_with(kScheme))
    return fail("\"" + text + "\" is not a URL the board can have; write http://ADDRESS:PORT");
  std::string_view rest = url.substr(kScheme.size());
  rest = rest.substr(0, rest.find_first_of("/?#"));
  HttpUrl parsed{"", "80"};
  if (rest.starts_with('[')) {
    const std::size_t close = rest.find(']');
    if (close == std::string_view::npos) return fail("\"" + text + "\": \"[\" without \"]\"");
    parsed.host = std::string(rest.substr(1, close - 1));
    rest = rest.substr(close + 1);
    if (!rest.empty() && !rest.starts_with(':')) return fail("\"" + text + "\": only :PORT may follow \"]\"");
  } else {
    parsed.host = std::string(rest.substr(0, rest.find(':')));
    rest = rest.substr(parsed.host.size());
  }
  if (rest.starts_with(':')) parsed.port = std::string(rest.substr(1));
  const bool digits = !parsed.port.empty() && parsed.port.size() <= 5 &&
                      std::all_of(parsed.port.begin(), parsed.port.end(), [](char c) { return c >= '0' && c <= '9'; });
  if (parsed.host.empty() || !digits) return fail("\"" + text + "\" is not http://ADDRESS:PORT");
  return parsed;
}

Result<std::string> http_get(const HttpUrl& url, std::string_view target, std::chrono::milliseconds timeout,
                             std::size_t body_bytes_max) {
  asio::io_context context(1);
  Fetch fetch(context, url, target, timeout, body_bytes_max);
  context.run_for(timeout * 2);
  const std::string where = "http://" + authority(url);
  if (!fetch.finished() || fetch.error() == beast::error::timeout)
    return fail("no answer from " + where + " within " + std::to_string(timeout.count()) + " ms");
  if (fetch.error() == asio::error::connection_refused)
    return fail("rackcastd does not answer at " + where + ": start it, or name its board with --url or --config");
  if (fetch.error()) return fail("cannot read " + where + std::string(target) + ": " + fetch.error().message());
  const auto response = fetch.take();
  if (response.result() != http::status::ok)
    return fail(where + std::string(target) + " answered " + std::to_string(response.result_int()) +
                ": is it rackcastd's board?");
  return response.body();
}

}  // namespace rackcast
