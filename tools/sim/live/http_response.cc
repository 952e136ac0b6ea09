#include "tools/sim/live/http_response.h"

#include <boost/beast/core/buffers_range.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/parser.hpp>

namespace rackcast::sim {
namespace {

namespace beast = boost::beast;
namespace http = beast::http;

// Where a body goes: into the fetch's, or nowhere.
struct Sink {
  FetchBody* body = nullptr;
  std::uint64_t dropped = 0;
};

using Head = http::response_header<http::fields>;

// Beast's body concept: bytes are handed on as the parser finds them.
struct SinkBody {
  using value_type = Sink;

  class reader {
   public:
    // The concept asks for a template; only a response's head comes.
    template <bool isRequest, typename Fields>
    reader(http::header<isRequest, Fields>& header, value_type& sink) : sink_(sink) {
      if constexpr (std::is_same_v<http::header<isRequest, Fields>, Head>) head_ = &header;
    }

    // The status is known only now.
    void init(const boost::optional<std::uint64_t>& /*length*/, beast::error_code& error) {
      wanted_ = head_ != nullptr && head_->result() == http::status::ok;
      error = {};
    }

    template <typename Buffers>
    std::size_t put(const Buffers& buffers, beast::error_code& error) {
      error = {};
      std::size_t size = 0;
      for (const auto piece : beast::buffers_range_ref(buffers)) {
        const std::span bytes(static_cast<const std::byte*>(piece.data()), piece.size());
        size += bytes.size();
        if (!take(bytes)) error = http::error::body_limit;
      }
      return size;
    }

    void finish(beast::error_code& error) { error = {}; }

   private:
    bool take(std::span<const std::byte> bytes) {
      if (wanted_) return sink_.body->add(bytes);
      sink_.dropped += bytes.size();
      return sink_.dropped <= HttpResponse::kErrorBodyBytesMax;
    }

    const Head* head_ = nullptr;
    value_type& sink_;
    bool wanted_ = false;
  };
};

Failure meaning(const beast::error_code& error) {
  if (error == http::error::body_limit) return Failure::kEndless;
  if (error == http::error::partial_message || error == http::error::end_of_stream) return Failure::kConnectionLost;
  return Failure::kProtocol;
}

}  // namespace

struct HttpResponse::Parser {
  http::response_parser<SinkBody> parser;
};

HttpResponse::HttpResponse(HttpMethod method, FetchBody& body) : parser_(std::make_unique<Parser>()) {
  auto& parser = parser_->parser;
  parser.get().body().body = &body;
  parser.eager(true);
  parser.header_limit(kHeadBytesMax);
  parser.body_limit(kFileBytesMax);
  parser.skip(method == HttpMethod::kHead);
}

HttpResponse::~HttpResponse() = default;

std::size_t HttpResponse::add(std::span<const std::byte> bytes) {
  std::size_t used = 0;
  while (used < bytes.size() && !done() && !failed()) {
    beast::error_code error;
    const std::size_t taken =
        parser_->parser.put(boost::asio::const_buffer(bytes.data() + used, bytes.size() - used), error);
    used += taken;
    if (error == http::error::need_more) return used;
    if (error) {
      failure_ = meaning(error);
    } else if (taken == 0) {
      return used;
    }
  }
  return used;
}

void HttpResponse::add_end() {
  if (done() || failed()) return;
  if (!head_done()) {
    failure_ = Failure::kConnectionLost;
    return;
  }
  beast::error_code error;
  parser_->parser.put_eof(error);
  if (error)
    failure_ = meaning(error);
  else if (!done())
    failure_ = Failure::kConnectionLost;
}

bool HttpResponse::done() const {
  return parser_->parser.is_done();
}

bool HttpResponse::head_done() const {
  return parser_->parser.is_header_done();
}

std::uint16_t HttpResponse::status() const {
  return head_done() ? static_cast<std::uint16_t>(parser_->parser.get().result_int()) : 0;
}

std::optional<std::uint64_t> HttpResponse::content_length() const {
  const auto length = parser_->parser.content_length();
  if (!length) return std::nullopt;
  return *length;
}

std::string HttpResponse::location() const {
  const auto value = parser_->parser.get()[http::field::location];
  return {value.data(), value.size()};
}

bool HttpResponse::keeps_connection() const {
  return parser_->parser.keep_alive() && !parser_->parser.need_eof();
}

}  // namespace rackcast::sim
