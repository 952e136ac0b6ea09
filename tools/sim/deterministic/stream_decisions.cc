#include "tools/sim/deterministic/stream_decisions.h"

#include <array>
#include <optional>
#include <vector>

#include "core/engine/ftp/session.h"
#include "core/engine/http/decide.h"
#include "core/engine/http/index_page.h"

namespace rackcast::sim {

namespace {

engine::FileFacts facts_of(const VirtualTree& tree, std::string_view path) {
  engine::FileFacts facts;
  if (const VirtualTree::File* file = tree.find(path)) {
    facts.kind = engine::FileFacts::Kind::kFile;
    facts.identity = file->image->identity;
  } else if (tree.is_directory(path)) {
    facts.kind = engine::FileFacts::Kind::kDirectory;
  }
  return facts;
}

engine::DirectoryListing listing_of(const VirtualTree& tree, const std::string& folder) {
  engine::DirectoryListing listing;
  const std::string prefix = folder.empty() ? "" : folder + "/";
  for (auto it = tree.files().lower_bound(prefix); it != tree.files().end() && it->first.starts_with(prefix); ++it) {
    const std::string_view rest = std::string_view(it->first).substr(prefix.size());
    const std::string_view name = rest.substr(0, rest.find('/'));
    if (!listing.entries.empty() && listing.entries.back().name == name) continue;
    listing.entries.push_back({std::string(name), name.size() != rest.size(), it->second.image->size_bytes, 0});
  }
  return listing;
}

constexpr unsigned kOk = 200;
constexpr unsigned kErrors = 400;  // from here on

Failure failure_of_status(unsigned status) {
  if (status == kOk) return Failure::kNone;
  return status == 404 ? Failure::kNotFound : Failure::kRefused;
}

struct Asked {
  engine::HttpResponse response;
  std::string path;
};

Asked ask_http(std::string_view method, const FetchRequest& request, const VirtualTree& tree, const std::string& root,
               net::Ipv4Address peer, WallTime now) {
  const std::string target = engine::encode_path(request.path);
  const std::string host(request.server.text().view());
  std::vector<engine::HeaderField> fields{{"Host", host}};
  if (!request.user_agent.empty()) fields.push_back({"User-Agent", request.user_agent});
  if (!request.keep_alive) fields.push_back({"Connection", "close"});
  engine::HttpRequest asked;
  asked.method = method;
  asked.target = target;
  asked.headers = fields;
  asked.peer = {peer, net::UdpPort{40'000}};
  const engine::RequestCheck check = engine::check_request(asked);
  const engine::HttpTarget found = engine::parse_target(target, root);
  const engine::FileFacts facts =
      !check.answer && found.refused == 0 ? facts_of(tree, found.path.view()) : engine::FileFacts{};
  Asked result{engine::decide(asked, check, found, facts, now), std::string(found.path.view())};
  if (result.response.body == engine::BodyKind::kIndex)
    engine::finish_index(result.response, found.path, listing_of(tree, result.path));
  return result;
}

}  // namespace

Failure after_head(unsigned status, bool closes) {
  if (status != kOk && status < kErrors) return Failure::kRefused;
  return closes ? Failure::kConnectionLost : Failure::kNone;
}

StreamAnswer answer_http(const FetchRequest& request, const VirtualTree& tree, const std::string& root,
                         net::Ipv4Address peer, bool connected, WallTime now) {
  StreamAnswer answer;
  answer.round_trips = connected ? 1 : 2;
  std::optional<std::uint64_t> promised;
  if (request.head_first) {
    const Asked head = ask_http("HEAD", request, tree, root, peer, now);
    ++answer.round_trips;
    answer.status = static_cast<std::uint16_t>(head.response.status);
    answer.failure = after_head(head.response.status, head.response.close);
    if (answer.failure != Failure::kNone) {
      --answer.round_trips;  // GET was not answered
      return answer;
    }
    if (head.response.status == kOk) promised = head.response.content_length();
  }
  Asked get = ask_http("GET", request, tree, root, peer, now);
  answer.status = static_cast<std::uint16_t>(get.response.status);
  answer.failure = failure_of_status(get.response.status);
  answer.stays_open = request.keep_alive && !get.response.close;
  answer.bytes = get.response.content_length();
  if (answer.failure == Failure::kNone && promised && *promised != answer.bytes) answer.failure = Failure::kWrongSize;
  if (get.response.body == engine::BodyKind::kFile)
    answer.image = tree.find(get.path)->image;
  else
    answer.text = std::move(get.response.text);
  return answer;
}

namespace {

// The last reply's code; 0 when nothing was said.
std::uint16_t code_of(std::string_view replies) {
  const std::size_t end = replies.find_last_not_of("\r\n");
  if (end == std::string_view::npos) return 0;
  const std::size_t line = replies.rfind('\n', end);
  const std::string_view last = replies.substr(line == std::string_view::npos ? 0 : line + 1);
  unsigned code = 0;
  for (const char c : last.substr(0, 3)) code = code * 10 + static_cast<unsigned>(c - '0');
  return static_cast<std::uint16_t>(code);
}

engine::FtpFacts ftp_facts(const VirtualTree& tree, std::string_view path) {
  engine::FtpFacts facts;
  if (const VirtualTree::File* file = tree.find(path)) {
    facts.kind = engine::FtpFacts::Kind::kFile;
    facts.size_bytes = file->image->size_bytes;
  } else if (tree.is_directory(path)) {
    facts.kind = engine::FtpFacts::Kind::kDirectory;
  }
  return facts;
}

}  // namespace

// The whole dialogue at the moment of the request: USER, PASS, TYPE, EPSV, RETR, each a round trip. The session is a
// pure machine, so its word after the body (226) is asked for at once and delivered when the flow has ended.
StreamAnswer answer_ftp(const FetchRequest& request, const VirtualTree& tree, const std::string& root,
                        net::Ipv4Address peer) {
  constexpr std::uint16_t kDataPort = 50'000;
  StreamAnswer answer;
  engine::FtpSession session({.peer = peer, .local = request.server.address, .root = root});
  (void)session.begin();
  const std::string retr = "RETR " + request.path;
  const std::array<std::string_view, 5> lines{"USER anonymous", "PASS anaconda@", "TYPE I", "EPSV", retr};
  engine::FtpAction action = engine::FtpAction::kNone;
  for (const std::string_view line : lines) {
    (void)session.take_replies();
    ++answer.round_trips;
    action = session.on_line(line);
    if (action == engine::FtpAction::kOpenPassive) action = session.on_passive(kDataPort);
    if (action == engine::FtpAction::kLookUp) action = session.on_lookup(ftp_facts(tree, session.path().view()));
  }
  if (action != engine::FtpAction::kTransfer) {
    answer.status = code_of(session.take_replies());
    answer.failure = session.not_found() ? Failure::kNotFound : Failure::kRefused;
    return answer;
  }
  (void)session.on_data_open(engine::FtpDataOpen::kOpened);
  answer.status = code_of(session.take_replies());
  answer.image = tree.find(session.transfer().path.view())->image;
  answer.bytes = answer.image->size_bytes;
  (void)session.on_transfer_end(engine::FtpTransferEnd::kDone);
  answer.end_status = code_of(session.take_replies());
  return answer;
}

}  // namespace rackcast::sim
