using System;
using System.Globalization;
using System.IO;
using Punnet.Tests.Harness;
using Xunit;

namespace Punnet.Tests;

/// <summary>
/// An attacker who shares a directory with a new container and always wins: Programs/stepper.c exchanges two names in it right before a
/// lookup, in one run for every lookup that there is.
/// </summary>
internal sealed class Race
{
    private readonly Container container;

    /// <summary>
    /// Makes <see cref="Shared"/> with the directory <c>a</c> and the link <c>b</c>, which leads to <see cref="Outside"/>; these two are
    /// exchanged.
    /// </summary>
    /// <param name="container">The victim.</param>
    /// <param name="walks">Whether this is one of those that are for the paths that punnet walks where openat2(2) is refused.</param>
    public Race(Container container, bool walks = false)
    {
        bool isRefused = Environment.GetEnvironmentVariable("PUNNET_REFUSED") is not null;
        Assert.SkipWhen(isRefused && !walks, "here only one of each kind of lookup");
        Assert.SkipWhen(Environment.GetEnvironmentVariable("PUNNET_VM") == "uml", "User-Mode Linux cannot be traced from inside");
        Assert.SkipWhen(Runtime.IsPlain, "what the lookups are does not depend on the build, and these take long");
        this.container = container;
        Shared = Directory.CreateDirectory(container.Directory + "/shared").FullName;
        Outside = Directory.CreateDirectory(container.Directory + "/outside").FullName;
        File.WriteAllText(Outside + "/secret", "secret");
        Directory.CreateDirectory(Shared + "/a");
        _ = File.CreateSymbolicLink(Shared + "/b", Outside);
        (One, Other) = (Shared + "/a", Shared + "/b");
    }

    /// <summary>The attacker's directory.</summary>
    public string Shared { get; }

    /// <summary>A directory of the host, with the file <c>secret</c>: nothing in it may change or be seen.</summary>
    public string Outside { get; }

    /// <summary>The name that the victim uses.</summary>
    public string One { get; set; }

    /// <summary>The name that takes its place.</summary>
    public string Other { get; set; }

    /// <summary>sh text before each run: undoes what the last one left in <see cref="Shared"/>, $S.</summary>
    public string Reset { get; set; } = ":";

    /// <summary>
    /// What a runtime does that checks a path and then uses it: sh text with the bundle's busybox, where $S is <see cref="Shared"/>, $O is
    /// <see cref="Outside"/> and $R the bundle's root. Asserts that the attack succeeds, so that it can succeed.
    /// </summary>
    public void Defeats(string naive)
    {
        string shell = container.Bundle.Rootfs + "/bin/sh";
        string said = Step("all", ["unshare", "--mount", "--propagation", "private", shell, "-c", "PATH=$R/bin; " + naive]);
        Assert.True(Escaped(said), $"the attack is none: {said}");
        foreach (string path in Directory.GetFileSystemEntries(Outside))
        {
            _ = new Command("rm", ["-rf", path]).Run().Succeeds();
        }

        File.WriteAllText(Outside + "/secret", "secret");
    }

    /// <summary>Asserts that it does not succeed against a <c>run</c> of the container.</summary>
    public void IsLostAgainstRun()
    {
        IsLostAgainst("init", "exec \"$@\"", container.RunCommand().Words);
    }

    /// <summary>The same for sh text with the runtime's command line as its parameters.</summary>
    /// <param name="processes">"init" stops the new process only, "all" everything that the text starts.</param>
    /// <param name="script">The text.</param>
    /// <param name="words">Its parameters.</param>
    public void IsLostAgainst(string processes, string script, params string[] words)
    {
        string said = Step(processes, ["sh", "-c", script, "sh", .. words]);
        Assert.False(Escaped(said), said);
        string last = said.TrimEnd()[(said.TrimEnd().LastIndexOf('\n') + 1)..];
        Assert.StartsWith("lookups: ", last, StringComparison.Ordinal);
        // Every run looks up its root, some mount points and its program.
        Assert.InRange(int.Parse(last["lookups: ".Length..], CultureInfo.InvariantCulture), 10, 1000);
        TestContext.Current.TestOutputHelper?.WriteLine(last);
        Assert.Equal("secret", File.ReadAllText(Outside + "/secret"));
    }

    private static bool Escaped(string said)
    {
        return said.Contains("escaped", StringComparison.OrdinalIgnoreCase);
    }

    private string Step(string processes, string[] command)
    {
        Command stepper = new Command(Workplace.Program("stepper"), [processes, One, Other, Outside, .. command])
            .With("A", One).With("S", Shared).With("O", Outside).With("R", container.Bundle.Rootfs).With("RESET", Reset);
        string said;
        int first = 1;
        do
        {
            // A few runs at a time: all together may take longer than a test waits for a program.
            said = stepper.With("FIRST", $"{first}").Run().Succeeds().Stdout;
            first += 20;
        }
        while (said.EndsWith("more\n", StringComparison.Ordinal) && !Escaped(said));
        return said;
    }
}
