// One file by FTP as curl asks for it: USER anonymous, PASS, TYPE I, EPSV (else PASV), SIZE, RETR, QUIT; one control
// and one data connection (RFC 959, RFC 2428, RFC 3659).
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "proto/ftp/line_splitter.h"
#include "tools/sim/live/fetch.h"

namespace rackcast::sim {

class FtpFetch final : public Fetch {
 public:
  FtpFetch(FetchHost& host, FetchOrder order);
  ~FtpFetch() override { stop(); }

  void start(Instant now) override;

  static constexpr unsigned kReplyLinesMax = 1'000;  // of one fetch: greetings can be long, not endless

 private:
  enum class State : std::uint8_t {
    kConnecting,
    kGreeting,
    kUser,
    kPass,
    kType,
    kExtendedPassive,
    kPassive,
    kDataConnecting,
    kSize,
    kRetrieve,  // until the preliminary reply
    kTransfer,  // until data and final reply are there
    kQuit,
  };

  class Channel final : public Watcher {
   public:
    using Handler = void (FtpFetch::*)(Instant, std::uint32_t);
    Channel(FtpFetch& fetch, Handler handler) : fetch_(fetch), handler_(handler) {}
    void on_ready(Instant now, std::uint32_t events) override { (fetch_.*handler_)(now, events); }

    FileDescriptor socket;
    bool watched = false;

   private:
    FtpFetch& fetch_;
    Handler handler_;
  };

  void on_control(Instant now, std::uint32_t events);
  void on_data(Instant now, std::uint32_t events);
  void read_replies(Instant now);
  void on_line(Instant now, std::string_view line);
  void on_reply(Instant now, std::uint16_t code, std::string_view text);
  void on_login_reply(Instant now, std::uint16_t code);
  void on_passive_reply(Instant now, std::uint16_t code, std::string_view text);
  void on_retrieve_reply(Instant now, std::uint16_t code);
  void on_quit_reply(Instant now);
  void refused(Instant now, std::uint16_t code);
  void open_data(Instant now, std::uint16_t port);
  void finish_if_whole(Instant now);
  void say(Instant now, State next, std::string_view verb, std::string_view argument = {});
  void ended_by_server(Instant now, Failure failure);

  bool open(Instant now, Channel& channel, const net::Endpoint& to);
  void close(Channel& channel);
  void close_all() override;
  void resume() override;

  State state_ = State::kConnecting;
  Channel control_;
  Channel data_;
  ftp::LineSplitter lines_;
  unsigned line_count_ = 0;
  std::uint16_t open_reply_ = 0;  // code of a reply of several lines, until its last
  std::uint16_t final_code_ = 0;
  bool data_connected_ = false;
  bool data_done_ = false;
  std::optional<std::uint64_t> promised_;  // by SIZE
};

}  // namespace rackcast::sim
