//! The very first start on an empty folder: made whole, however often it is broken off.

use std::time::Duration;

use crate::process::{Server, command, free_port};
use crate::seed::Rng;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn i5_a_first_start_that_is_killed_leaves_a_folder_that_the_next_one_completes() {
    let seed = rand::random();
    println!("seed {seed}");
    let mut rng = Rng::new(seed);
    let folder = tempfile::tempdir().expect("folder");
    let place = folder.path().join("whole");
    std::fs::create_dir(&place).expect("an empty folder");
    let whole = Server::new(&place, free_port());
    let companies = whole.command(&["company", "list"]).await;
    let rules = whole.command(&["policy", "show"]).await;
    for n in 0..6 {
        let mut server = Server::new(&folder.path().join(format!("{n}")), free_port());
        let mut tokens = Vec::new();
        for _ in 0..3 {
            server.begin();
            // A command works on the same empty folder, sometimes.
            let issue = ["token", "issue", "--company", "1"];
            let issuing =
                rng.percent(50).then(|| command(&server.folder, &issue).spawn().expect("a command"));
            tokio::time::sleep(Duration::from_micros(rng.between(0, 120_000))).await;
            server.kill().await;
            if let Some(issuing) = issuing {
                let output = issuing.wait_with_output().await.expect("output");
                assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
                tokens
                    .push(crate::http::json_of(&output.stdout)["token"].as_str().expect("token").to_owned());
            }
        }
        server.begin();
        server.listening().await;
        assert_eq!(server.command(&["company", "list"]).await, companies);
        let made = server.command(&["policy", "show"]).await;
        assert_eq!(made.as_array().map(Vec::len), rules.as_array().map(Vec::len));
        for token in tokens {
            let nobody = format!("{}/v1/calls/{}", server.base(), uuid::Uuid::nil());
            let answer = crate::http::client().get(nobody).bearer_auth(token).send().await.expect("answer");
            assert_eq!(answer.status(), 404, "the token is known, the call is not");
        }
        server.kill().await;
    }
}
