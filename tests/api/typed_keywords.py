"""What a type checker knows of the keywords of the Python API, from which an editor completes them;
it is checked with the types of the package. Of the wrong calls each has to be a fault, as a remark
that no fault needs is one."""

import reportgen

report = reportgen.analyze(["a"], "demo", labels=[1], evidence="none", max_length=32, name="mine")
report.save("a.html", lang="ja", title="Headlines", max_size="25MB")
reportgen.compare(report, report).save("b.html", smallest_change="5%", lang="en")
reportgen.load_model("demo", device="cpu", class_names=["bad", "good"])

reportgen.analyze(["a"], "demo", lable=[1])  # type: ignore[call-arg]
report.save("a.html", lang="de")  # type: ignore[arg-type]
report.save("a.html", titel="Headlines")  # type: ignore[call-arg]
reportgen.load_model("demo", max_length="many")  # type: ignore[arg-type]
