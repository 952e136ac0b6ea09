// Any bytes as a control connection: every line is answered, replies stay well-formed lines, paths never leave the
// root, and data connections never go anywhere but to the control peer's unprivileged ports.
#include <cstdint>
#include <cstdlib>
#include <span>
#include <string>

#include "core/engine/ftp/session.h"
#include "proto/ftp/line_splitter.h"

namespace {

using namespace rackcast;
using namespace rackcast::engine;

void require(bool holds) {
  if (!holds) std::abort();
}

void check_path(std::string_view path) {
  const std::string framed = "/" + std::string(path) + "/";
  require(framed.find("/../") == std::string::npos && framed.find('\0') == std::string::npos);
}

class Player {
 public:
  void play(std::span<const std::byte> input) {
    act(session_.begin());
    while (!input.empty() && !closed_) {
      const auto step = splitter_.next(input);
      input = input.subspan(step.consumed_bytes);
      if (step.outcome == ftp::LineSplitter::Outcome::kTooLong) act(session_.on_line_too_long());
      if (step.outcome == ftp::LineSplitter::Outcome::kLine) act(session_.on_line(step.line));
    }
  }

 private:
  void act(FtpAction action) {
    std::size_t replies = 0;
    for (unsigned i = 0; i < 8; ++i) {
      const std::string text = session_.take_replies();
      require(text.empty() || text.ends_with("\r\n"));
      replies += text.size();
      if (action == FtpAction::kNone || action == FtpAction::kAbort) break;
      if (action == FtpAction::kClose) {
        closed_ = true;
        break;
      }
      action = perform(action);
    }
    require(replies > 0 || action == FtpAction::kAbort);
  }

  FtpAction perform(FtpAction action) {
    switch (action) {
      case FtpAction::kOpenPassive:
        return session_.on_passive(50'000);
      case FtpAction::kLookUp: {
        check_path(session_.path());
        FtpFacts facts;
        facts.kind = static_cast<FtpFacts::Kind>(session_.path().size() % 3);
        facts.size_bytes = 100;
        return session_.on_lookup(facts);
      }
      case FtpAction::kTransfer: {
        const FtpTransfer& transfer = session_.transfer();
        check_path(transfer.path);
        if (transfer.connect)
          require(transfer.connect->address == kPeer && transfer.connect->port.value() >= kFtpActivePortMin);
        const auto opened = static_cast<FtpDataOpen>(transfer.path.size() % 5);
        const FtpAction next = session_.on_data_open(opened);
        if (opened != FtpDataOpen::kOpened) return next;
        return session_.on_transfer_end(FtpTransferEnd::kDone);
      }
      case FtpAction::kListToControl:
        return session_.on_control_listing("x\r\ny\r\n");
      default:
        return FtpAction::kNone;
    }
  }

  static constexpr net::IpAddress kPeer{net::Ipv4Address(10, 0, 0, 2)};
  FtpSession session_{FtpSettings{kPeer, net::Ipv4Address(10, 0, 0, 1), "/var/ftp"}};
  ftp::LineSplitter splitter_;
  bool closed_ = false;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Player player;
  player.play(std::as_bytes(std::span(data, size)));
  return 0;
}
