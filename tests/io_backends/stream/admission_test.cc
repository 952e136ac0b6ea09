// xinetd's limits over real connections, under both policies. Big files to readers that do not read keep a transfer
// running; a second address of 127/8 is a second machine.
#include <cstdlib>
#include <string>

#include "core/admission/reason.h"
#include "proto/ftp/reply.h"
#include "tests/io_backends/stream/stream_fixture.h"

namespace rackcast::io {
namespace {

constexpr std::size_t kBig = 8U << 20U;  // more than the sockets of a slow reader hold
constexpr int kSmallBuffer = 16'384;
constexpr const char* kGetBig = "GET /big HTTP/1.1\r\nHost: test\r\n\r\n";

class StreamAdmissionTest : public StreamTest {
 protected:
  StreamAdmissionTest() {
    tree.write("big", make_content(kBig, 1));
    tree.write("small", "small\n");
    for (AdmissionConfig* const admission : {&config.http->admission, &config.ftp->admission})
      admission->policy = AdmissionPolicy::kXinetd;
  }

  void queue() {
    for (AdmissionConfig* const admission : {&config.http->admission, &config.ftp->admission})
      admission->policy = AdmissionPolicy::kQueue;
  }

  // A client whose GET of the big file has begun and goes no further.
  RawClient hold_big() {
    RawClient client(http, kSmallBuffer);
    client.send(kGetBig);
    EXPECT_EQ(client.read_head().status, 200U);
    return client;
  }
  RawClient log_in() {
    RawClient control(ftp);
    EXPECT_TRUE(control.read_reply().starts_with("220 "));
    EXPECT_TRUE(control.command("USER anonymous").starts_with("331 "));
    EXPECT_TRUE(control.command("PASS test@").starts_with("230 "));
    return control;
  }
  RawClient open_passive(RawClient& control) {
    const std::string reply = control.command("PASV");
    EXPECT_TRUE(reply.starts_with("227 ")) << reply;
    return RawClient(*ftp::parse_passive_text(reply), kSmallBuffer);
  }
  void expect_refused_with(AdmissionReason reason) {
    ASSERT_TRUE(events.wait_for(EventKind::kRefused));
    EXPECT_EQ(events.last(EventKind::kRefused).detail.view(), describe(reason).word);
  }
  void expect_refused(AdmissionReason reason, Protocol protocol) {
    expect_refused_with(reason);
    const Event event = events.last(EventKind::kRefused);
    EXPECT_EQ(event.protocol, protocol);
    EXPECT_EQ(event.address, net::IpAddress(net::Ipv4Address(127, 0, 0, 1)));
  }
};

TEST_F(StreamAdmissionTest, WhoMayNotComeIsClosedAtOnce) {
  config.http->admission.no_access = {*net::IpPrefix::parse("127.0.0.0/8")};
  config.http->admission.log_on_failure = false;
  config.ftp->admission.only_from.emplace();
  start();
  RawClient web(http);
  EXPECT_EQ(web.read_all(), "");
  EXPECT_FALSE(web.timed_out);
  expect_refused(AdmissionReason::kAddress, Protocol::kHttp);
  EXPECT_TRUE(events.last(EventKind::kRefused).quiet);
  RawClient control(ftp);
  EXPECT_EQ(control.read_all(), "");
  ASSERT_TRUE(events.wait_for(EventKind::kRefused, 2));
  expect_refused(AdmissionReason::kAddress, Protocol::kFtp);
  EXPECT_FALSE(events.last(EventKind::kRefused).quiet);
  EXPECT_EQ(server->totals().refused_address, 2U);
  EXPECT_EQ(server->totals().connections_accepted, 0U);
  EXPECT_EQ(RawClient(board).get("/healthz").status, 200U) << "the operator is never locked out";
}

TEST_F(StreamAdmissionTest, OutsideAccessTimesNobodyComes) {
  // Every minute of the day but these: an hour that begins in six hours, by the clock of whoever runs this.
  const std::time_t later = std::time(nullptr) + 6 * 3'600;
  std::tm local{};
  ::localtime_r(&later, &local);
  const auto hour = static_cast<std::uint16_t>(local.tm_hour * 60);
  config.http->admission.access_times = {{hour, static_cast<std::uint16_t>(hour + 59)}};
  config.ftp->admission.access_times = {{0, 1'439}};
  start();
  EXPECT_EQ(RawClient(http).read_all(), "");
  expect_refused(AdmissionReason::kTime, Protocol::kHttp);
  EXPECT_EQ(server->totals().refused_time, 1U);
  (void)log_in();
}

TEST_F(StreamAdmissionTest, XinetdsPolicyRefusesHttpAndEndsTheConnection) {
  config.http->admission.per_source = 1;
  start();
  RawClient holder = hold_big();
  RawClient second(http);
  const HttpAnswer answer = second.get("/small");
  EXPECT_EQ(answer.status, 503U);
  EXPECT_TRUE(answer.fields.contains("Retry-After"));
  EXPECT_EQ(answer.fields.at("Connection"), "close");
  EXPECT_EQ(second.read_all(), "");
  expect_refused(AdmissionReason::kPerSource, Protocol::kHttp);
  EXPECT_EQ(events.last(EventKind::kRefused).path.view(), "small");
  EXPECT_EQ(server->totals().refused_per_source, 1U);
  // What is not there, and what has no body, counts for no limit.
  RawClient third(http);
  EXPECT_EQ(third.get("/none").status, 404U);
  EXPECT_EQ(third.get("/small", "", "HEAD").status, 200U);
  holder.abort();
  ASSERT_TRUE(eventually([](const StreamTotals& t) { return t.transfers_failed == 1; }));
  EXPECT_EQ(third.get("/small").body, "small\n");
}

TEST_F(StreamAdmissionTest, InstancesAreOfAService) {
  config.http->admission.instances = 1;
  config.ftp->admission.instances = 1;
  start();
  RawClient holder = hold_big();
  RawClient other(http);
  EXPECT_EQ(other.get("/").status, 503U) << "an index is a body as well";
  EXPECT_EQ(server->totals().refused_instances, 1U);
  RawClient control = log_in();
  RawClient data = open_passive(control);
  EXPECT_TRUE(control.command("RETR small").starts_with("150 ")) << "FTP counts for itself";
  EXPECT_EQ(data.read_all(), "small\n");
  EXPECT_TRUE(control.read_reply().starts_with("226 "));
}

TEST_F(StreamAdmissionTest, OneClientsFilesFollowEachOtherUnderALimitOfOne) {
  config.http->admission.per_source = 1;
  config.ftp->admission.per_source = 1;
  start();
  RawClient web(http);
  for (int i = 0; i < 50; ++i) ASSERT_EQ(web.get("/small").status, 200U);
  for (int i = 0; i < 50; ++i) ASSERT_EQ(RawClient(http).get("/small").status, 200U);
  RawClient control = log_in();
  for (int i = 0; i < 50; ++i) {
    RawClient data = open_passive(control);
    ASSERT_TRUE(control.command("RETR small").starts_with("150 "));
    ASSERT_EQ(data.read_all(), "small\n");
    ASSERT_TRUE(control.read_reply().starts_with("226 "));
  }
}

TEST_F(StreamAdmissionTest, AMachineIsOneConnectionHoweverManyItOpens) {
  config.http->admission.cps = Cps{1, 1'000};
  start();
  for (int i = 0; i < 20; ++i) ASSERT_EQ(RawClient(http).get("/small").status, 200U);
  EXPECT_EQ(server->totals().deactivations, 0U);
}

TEST_F(StreamAdmissionTest, TooManyMachinesSwitchTheServiceOffForXinetd) {
  config.http->admission.cps = Cps{2, 1'000};
  start();
  const auto machine = [](unsigned number) { return net::Ipv4Address(0x7F00'0100U + number); };
  unsigned number = 0;
  while (number < 200 && RawClient(http, 0, machine(number)).get("/small").status == 200) ++number;
  EXPECT_GE(number, 2U);
  ASSERT_LT(number, 200U) << "two a second were never exceeded";
  expect_refused_with(AdmissionReason::kConnectionRate);
  EXPECT_EQ(server->totals().deactivations, 1U);
  EXPECT_EQ(RawClient(http, 0, machine(number + 1)).read_all(), "") << "closed as xinetd's, before it asks";
  EXPECT_EQ(server->totals().refused_connection_rate, 2U);
  EXPECT_TRUE(events.last(EventKind::kRefused).xinetd);
  ASSERT_EQ(events.count(EventKind::kWarning), 1U);
  EXPECT_EQ(events.last(EventKind::kWarning).detail.view(),
            "Deactivating service http due to excessive incoming connections.  Restarting in 1000 seconds.");
  EXPECT_EQ(RawClient(http, 0, machine(0)).get("/small").status, 200U) << "in the middle of its boot";
}

TEST_F(StreamAdmissionTest, TheReturnOfAServiceIsToldOnce) {
  config.ftp->admission.cps = Cps{1, 1};
  start();
  const auto greeted = [this](unsigned number) {
    return !RawClient(ftp, 0, net::Ipv4Address(0x7F00'0100U + number)).read_reply().empty();
  };
  unsigned number = 0;
  while (number < 200 && greeted(number)) ++number;
  ASSERT_LT(number, 200U);
  ASSERT_TRUE(events.wait_for(EventKind::kWarning));
  EXPECT_EQ(events.last(EventKind::kWarning).detail.view(),
            "Deactivating service ftp due to excessive incoming connections.  Restarting in 1 seconds.");
  ASSERT_TRUE(events.wait_for(EventKind::kNotice));
  EXPECT_EQ(events.last(EventKind::kNotice).detail.view(), "Activating service ftp");
  EXPECT_EQ(events.last(EventKind::kNotice).protocol, Protocol::kFtp);
  EXPECT_EQ(events.count(EventKind::kNotice), 1U);
}

TEST_F(StreamAdmissionTest, StrangersCountForXinetdsCpsBeforeTheirAddressIsLookedAt) {
  config.ftp->admission.cps = Cps{2, 1'000};
  config.ftp->admission.only_from.emplace();
  start();
  const auto come = [this](unsigned number) {
    EXPECT_EQ(RawClient(ftp, 0, net::Ipv4Address(0x7F00'0100U + number)).read_all(), "");
  };
  for (unsigned number = 0; number < 200 && server->totals().deactivations == 0; ++number) come(number);
  expect_refused_with(AdmissionReason::kConnectionRate);
  EXPECT_EQ(server->totals().deactivations, 1U);
  EXPECT_GE(server->totals().refused_address, 2U);
}

TEST_F(StreamAdmissionTest, TooManyMachinesFollowOneAnotherUnderQueue) {
  queue();
  config.http->admission.cps = Cps{1, 1'000};
  start();
  for (unsigned i = 0; i < 3; ++i) {
    RawClient client(http, 0, net::Ipv4Address(127, 0, 1, static_cast<std::uint8_t>(i)));
    EXPECT_EQ(client.get("/small").status, 200U);
  }
  EXPECT_GE(server->totals().delayed_connection_rate, 1U);
  EXPECT_EQ(server->totals().deactivations, 0U);
}

TEST_F(StreamAdmissionTest, XinetdsPolicyRefusesFtpAndEndsTheConnection) {
  config.ftp->admission.per_source = 1;
  start();
  RawClient holder = log_in();
  RawClient held = open_passive(holder);
  EXPECT_TRUE(holder.command("RETR big").starts_with("150 "));
  RawClient second = log_in();
  RawClient data = open_passive(second);
  EXPECT_TRUE(second.command("RETR small").starts_with("421 "));
  EXPECT_EQ(second.read_all(), "");
  EXPECT_EQ(data.read_all(), "");
  expect_refused(AdmissionReason::kPerSource, Protocol::kFtp);
  // A listing of what is not there is no transfer.
  RawClient third = log_in();
  RawClient nothing = open_passive(third);
  EXPECT_TRUE(third.command("LIST none").starts_with("150 "));
  EXPECT_TRUE(third.read_reply().starts_with("226 "));
  RawClient listing = open_passive(third);
  EXPECT_TRUE(third.command("LIST").starts_with("421 "));
  EXPECT_EQ(server->totals().refused_per_source, 2U);
}

TEST_F(StreamAdmissionTest, QueueHoldsHttpUntilThereIsRoom) {
  queue();
  config.http->admission.per_source = 1;
  start();
  RawClient holder = hold_big();
  RawClient second(http);
  second.send("GET /small HTTP/1.1\r\nHost: test\r\n\r\n");
  ASSERT_TRUE(eventually([](const StreamTotals& t) { return t.delayed_per_source == 1; }));
  holder.abort();
  const HttpAnswer answer = second.read_answer();
  EXPECT_EQ(answer.status, 200U);
  EXPECT_EQ(answer.body, "small\n");
  EXPECT_EQ(events.count(EventKind::kRefused), 0U);
}

TEST_F(StreamAdmissionTest, QueueTellsHttpToComeBackWhenTheWaitIsOver) {
  queue();
  limits.queue_wait_max = Milliseconds(300);
  config.http->admission.instances = 1;
  start();
  RawClient holder = hold_big();
  RawClient second(http);
  const HttpAnswer answer = second.get("/small");
  EXPECT_EQ(answer.status, 503U);
  EXPECT_TRUE(answer.fields.contains("Retry-After"));
  expect_refused(AdmissionReason::kInstances, Protocol::kHttp);
  EXPECT_EQ(server->totals().waits_given_up, 1U);
  EXPECT_EQ(server->totals().refused_instances, 1U);
  holder.abort();
  EXPECT_EQ(second.get("/small").status, 200U) << "on the same connection";
}

TEST_F(StreamAdmissionTest, QueueHoldsFtpUntilThereIsRoomOrTheWaitIsOver) {
  queue();
  limits.queue_wait_max = Milliseconds(300);
  config.ftp->admission.per_source = 1;
  start();
  RawClient holder = log_in();
  RawClient held = open_passive(holder);
  EXPECT_TRUE(holder.command("RETR big").starts_with("150 "));
  RawClient second = log_in();
  RawClient data = open_passive(second);
  EXPECT_TRUE(second.command("RETR small").starts_with("450 "));
  EXPECT_EQ(data.read_all(), "");
  EXPECT_TRUE(data.was_reset) << "an end could look like an empty file";
  expect_refused(AdmissionReason::kPerSource, Protocol::kFtp);
  RawClient again = open_passive(second);
  second.send("RETR small\r\n");
  ASSERT_TRUE(eventually([](const StreamTotals& t) { return t.delayed_per_source == 2; }));
  held.abort();
  EXPECT_TRUE(second.read_reply().starts_with("150 "));
  EXPECT_EQ(again.read_all(), "small\n");
}

TEST_F(StreamAdmissionTest, AnAbortEndsTheWait) {
  queue();
  config.ftp->admission.per_source = 1;
  start();
  RawClient holder = log_in();
  RawClient held = open_passive(holder);
  EXPECT_TRUE(holder.command("RETR big").starts_with("150 "));
  RawClient second = log_in();
  RawClient data = open_passive(second);
  second.send("RETR small\r\n");
  ASSERT_TRUE(eventually([](const StreamTotals& t) { return t.delayed_per_source == 1; }));
  EXPECT_TRUE(second.command("ABOR").starts_with("426 "));
  EXPECT_TRUE(second.read_reply().starts_with("226 "));
  EXPECT_EQ(events.count(EventKind::kRefused), 0U);
  held.abort();
}

TEST_F(StreamAdmissionTest, AServerThatStopsSendsHeldOnesAway) {
  queue();
  config.http->admission.per_source = 1;
  start();
  RawClient holder = hold_big();
  RawClient second(http);
  second.send("GET /small HTTP/1.1\r\nHost: test\r\n\r\n");
  ASSERT_TRUE(eventually([](const StreamTotals& t) { return t.delayed_per_source == 1; }));
  server->begin_stop(Milliseconds(20'000));
  EXPECT_EQ(second.read_answer().status, 503U);
  holder.abort();
  server->stop(Milliseconds(20'000));
}

TEST_F(StreamAdmissionTest, ReloadedLimitsHoldForWhatIsAskedNext) {
  start();
  RawClient holder = hold_big();
  Config changed = config;
  changed.http->admission.per_source = 1;
  ASSERT_TRUE(server->reconfigure(changed));
  EXPECT_EQ(RawClient(http).get("/small").status, 503U);
  ASSERT_TRUE(server->reconfigure(config));
  EXPECT_EQ(RawClient(http).get("/small").status, 200U);
}

}  // namespace
}  // namespace rackcast::io
