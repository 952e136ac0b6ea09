#include "io_backends/stream/http_connection.h"

#include <array>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/parser.hpp>
#include <vector>

#include "core/engine/http/head_scan.h"
#include "core/engine/http/index_page.h"
#include "io_backends/stream/blocking.h"
#include "io_backends/stream/body_sender.h"
#include "io_backends/stream/transfer_report.h"

namespace rackcast::io {

namespace http = boost::beast::http;

namespace {

constexpr std::size_t kReadBytes = 8'192;

std::string_view to_view(boost::beast::string_view text) {
  return {text.data(), text.size()};
}

unsigned status_of(const error_code& error) {
  if (error == http::error::bad_version) return 505;
  if (error == http::error::header_limit || error == http::error::buffer_overflow) return 431;
  return 400;
}

engine::DirectoryListing to_listing(TreeListing tree) {
  engine::DirectoryListing listing;
  listing.cut = tree.cut;
  listing.entries.reserve(tree.entries.size());
  for (TreeEntry& entry : tree.entries)
    listing.entries.push_back({std::move(entry.name), entry.directory, entry.size_bytes, entry.modified});
  return listing;
}

WallTime wall_now() {
  return std::chrono::system_clock::now();
}

}  // namespace

HttpConnection::HttpConnection(Worker& worker, tcp::socket socket, Serves serves)
    : worker_(worker), link_(std::move(socket), worker.watch(), worker.limits()), serves_(serves) {}

Task<> HttpConnection::run() {
  Next next = Next::kContinue;
  while (next == Next::kContinue && !worker_.stopping()) {
    const HeadRead head = co_await read_head();
    if (head.state == HeadRead::State::kEnd) break;
    if (head.state == HeadRead::State::kRefused)
      next = co_await refuse(head.status);
    else
      next = co_await answer_head(head.size);
  }
  co_await link_.finish();
}

Task<HttpConnection::HeadRead> HttpConnection::read_head() {
  using State = HeadRead::State;
  link_.set_deadline_in(buffer_.empty() ? worker_.limits().keep_alive_timeout : worker_.limits().request_head_timeout);
  while (true) {
    const engine::HeadScan scan = engine::scan_head(buffer_);
    if (scan.state == engine::HeadScan::State::kRefused) co_return HeadRead{State::kRefused, 0, scan.status};
    if (scan.state == engine::HeadScan::State::kComplete) {
      buffer_.erase(0, scan.skip);
      link_.clear_deadline();
      co_return HeadRead{State::kComplete, scan.size, 0};
    }
    const bool fresh = buffer_.empty();
    link_.set_idle(fresh);
    std::array<char, kReadBytes> room{};
    const ReadResult read = co_await link_.read_some(room);
    link_.set_idle(false);
    if (read.state != ReadResult::State::kBytes) {
      if (read.state == ReadResult::State::kExpired) worker_.counters().timeouts.add();
      if (fresh || read.state != ReadResult::State::kExpired) {
        if (!fresh) worker_.counters().http_bad_requests.add();  // half a head, then gone
        co_return HeadRead{};
      }
      link_.revive();
      co_return HeadRead{State::kRefused, 0, 408};
    }
    buffer_.append(room.data(), read.size);
    if (fresh) link_.set_deadline_in(worker_.limits().request_head_timeout);
  }
}

Task<HttpConnection::Next> HttpConnection::answer_head(std::size_t head_size) {
  http::request_parser<http::empty_body> parser;
  parser.header_limit(static_cast<std::uint32_t>(engine::kRequestHeadBytesMax + 1'024));
  parser.body_limit(boost::none);
  error_code error;
  parser.put(asio::buffer(buffer_.data(), head_size), error);
  if ((error && error != http::error::need_more) || !parser.is_header_done()) {
    co_return co_await refuse(status_of(error));
  }
  buffer_.erase(0, head_size);
  const auto& message = parser.get();
  std::vector<engine::HeaderField> fields;
  for (const auto& field : message) fields.push_back({to_view(field.name_string()), to_view(field.value())});
  engine::HttpRequest request;
  request.method = to_view(message.method_string());
  request.target = to_view(message.target());
  request.version = message.version();
  request.headers = fields;
  request.peer = link_.peer();
  co_return co_await answer_request(request);
}

Task<HttpConnection::Next> HttpConnection::answer_request(const engine::HttpRequest& request) {
  worker_.counters().http_requests.add();
  const engine::RequestCheck check = engine::check_request(request);
  if (check.answer) worker_.counters().http_bad_requests.add();
  if (check.body_bytes > 0 && !(check.answer && check.close)) {
    const bool discarded = co_await discard_body(check.body_bytes);
    if (!discarded) co_return Next::kEnd;
  }
  if (serves_ == Serves::kTexts) {
    // On the pool: a page about a hundred thousand machines must not hold up the installs that this thread serves.
    const auto decide = [this, &request] { return engine::decide_text(request, worker_.hooks().board); };
    engine::HttpResponse response = co_await run_blocking(worker_.shared().pool, decide);
    co_return co_await send_text(std::move(response));
  }
  co_return co_await answer_from_tree(request, check);
}

Task<HttpConnection::Next> HttpConnection::answer_from_tree(const engine::HttpRequest& request,
                                                            const engine::RequestCheck& check) {
  const std::shared_ptr<const StreamView> view = worker_.view();
  const TreeReader tree(view->http_root.value_or(""));
  const engine::HttpTarget target = engine::parse_target(request.target, tree.root());
  Lookup found;
  if (!check.answer && target.refused == 0) found = co_await look_up(tree, target.path);
  engine::HttpResponse response = engine::decide(request, check, target, found.facts, wall_now());
  if (response.status == 404) {
    const PathText asked = target.refused != 0 ? PathText(request.target) : target.path;
    report_not_found(worker_, Protocol::kHttp, link_.peer().address, asked);
  }
  const bool has_body = response.body == engine::BodyKind::kFile || response.body == engine::BodyKind::kIndex;
  Admitted instance;  // until the body is sent
  if (has_body && !response.head_only) {
    const StreamAdmission::Asked asked{StreamService::kHttp, link_.peer().address, target.path};
    TurnWait wait(worker_);
    const Turn turn = co_await worker_.admission().await_turn(asked, wait, instance);
    if (turn == Turn::kCut) co_return Next::kEnd;
    if (turn != Turn::kAdmitted) {
      engine::HttpResponse busy = engine::busy(response.close || turn == Turn::kRefused);
      busy.keep_alive_1_0 = response.keep_alive_1_0;
      co_return co_await send_text(std::move(busy));
    }
  }
  if (response.body == engine::BodyKind::kIndex) {
    worker_.counters().listings.add();
    const auto list = [&tree, &found, &target] {
      return tree.list(found.fd, target.path, {.entries_max = engine::kIndexEntriesMax});
    };
    TreeListing listing = co_await run_blocking(worker_.shared().pool, list);
    if (listing.cut) worker_.counters().listings_cut.add();
    engine::finish_index(response, target.path, to_listing(std::move(listing)));
  }
  if (response.body != engine::BodyKind::kFile || response.head_only) co_return co_await send_text(std::move(response));
  BodySource source = BodySource::choose(std::move(found), worker_.shared().images());
  co_return co_await send_file(std::move(response), target.path, std::move(source));
}

// First from the kernel's caches alone; what is not there is looked up on the pool.
Task<Lookup> HttpConnection::look_up(const TreeReader& tree, std::string_view path) {
  Lookup found = tree.open(path, Blocking::kNever);
  if (found.would_block) {
    const auto open = [&tree, path] { return tree.open(path, Blocking::kAllowed); };
    found = co_await run_blocking(worker_.shared().pool, open);
  }
  co_return found;
}

Task<bool> HttpConnection::discard_body(std::uint64_t size) {
  link_.set_deadline_in(worker_.limits().request_head_timeout);
  while (true) {
    const std::size_t here = std::min<std::uint64_t>(size, buffer_.size());
    buffer_.erase(0, here);
    size -= here;
    if (size == 0) break;
    std::array<char, kReadBytes> room{};
    const ReadResult read = co_await link_.read_some(room);
    if (read.state != ReadResult::State::kBytes) co_return false;
    buffer_.append(room.data(), read.size);
  }
  link_.clear_deadline();
  co_return true;
}

Task<HttpConnection::Next> HttpConnection::refuse(unsigned status) {
  worker_.counters().http_bad_requests.add();
  engine::HttpResponse response = engine::refusal(status);
  co_return co_await send_text(std::move(response));
}

Task<HttpConnection::Next> HttpConnection::send_text(engine::HttpResponse response) {
  response.close = response.close || worker_.stopping();
  std::string bytes = engine::encode_head(response, wall_now());
  if (!response.head_only) bytes.append(response.text);
  const bool sent = co_await link_.send_all(bytes);
  if (!sent && link_.expired()) worker_.counters().timeouts.add();
  co_return sent && !response.close ? Next::kContinue : Next::kEnd;
}

Task<HttpConnection::Next> HttpConnection::send_file(engine::HttpResponse response, const PathText& path,
                                                     BodySource source) {
  response.close = response.close || worker_.stopping();
  if (source.sealed()) worker_.counters().images_served.add();
  std::uint64_t total = 0;
  for (const engine::FilePart& part : response.parts) total += part.to - part.from;
  TransferReport report(worker_, Protocol::kHttp, link_.peer().address, path, total);
  const std::string head = engine::encode_head(response, wall_now());
  const bool head_sent = co_await link_.send_all(head, total > 0 ? More::kFollows : More::kNo);
  BodyOutcome outcome = link_.expired() ? BodyOutcome::kStalled : BodyOutcome::kPeerGone;
  if (head_sent) outcome = co_await send_parts(response, source, report);
  report.end(outcome);
  // A body that stayed short must never look complete: the connection ends with it.
  co_return outcome == BodyOutcome::kDone && !response.close ? Next::kContinue : Next::kEnd;
}

Task<BodyOutcome> HttpConnection::send_parts(const engine::HttpResponse& response, BodySource& source,
                                             TransferReport& report) {
  BodySender sender({link_, worker_.shared().pool, worker_.counters(), worker_.limits(),
                     [&report](std::uint64_t bytes) { report.progress(bytes); }},
                    source);
  for (const engine::FilePart& part : response.parts) {
    const bool prefix_sent = co_await link_.send_all(part.prefix, More::kFollows);
    if (!prefix_sent) co_return link_.expired() ? BodyOutcome::kStalled : BodyOutcome::kPeerGone;
    const BodyOutcome outcome = co_await sender.send(part.from, part.to);
    if (outcome != BodyOutcome::kDone) co_return outcome;
  }
  const bool tail_sent = co_await link_.send_all(response.text);
  if (!tail_sent) co_return link_.expired() ? BodyOutcome::kStalled : BodyOutcome::kPeerGone;
  co_return BodyOutcome::kDone;
}

}  // namespace rackcast::io
