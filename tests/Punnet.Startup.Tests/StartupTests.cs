using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Reflection;
using System.Text.RegularExpressions;
using Xunit;

namespace Punnet.Startup.Tests;

/// <summary>The tricks of src/Punnet.Startup are in the binary that was built, and what they rely on is so: its README.md.</summary>
public sealed partial class StartupTests
{
    private const double LeastPart = 0.95;

    // What C++ calls a parameter that C# has under another name.
    private static readonly Dictionary<string, string[]> Types = new(StringComparer.Ordinal)
    {
        ["char const*"] = ["Byte*"],
        ["char*"] = ["Byte*"],
        ["long*"] = ["Int64*"],
        ["unsigned long"] = ["UIntPtr"],
        ["unsigned long*"] = ["UIntPtr*", "UInt64*"],
        ["unsigned int"] = ["UInt32"],
        ["unsigned short"] = ["UInt16"],
        ["void*"] = ["Void*", "Byte*"],
        ["void**"] = ["Byte**"],
        ["unsigned int (*)(void*)"] = ["Void*"],
    };

    public static TheoryData<string> Overrides { get; } = [.. Built.Overrides];

    public static TheoryData<string> Machines { get; } = [.. Built.Machines];

    public static MatrixTheoryData<string, string> OverridesOnMachines { get; } = new(Built.Overrides, Built.Machines);

    [Theory]
    [MemberData(nameof(Machines))]
    public void The_published_binary_is_the_fast_one(string machine)
    {
        const byte AtFixedAddress = 2; // ET_EXEC, elf(5)
        byte[] header = File.ReadAllBytes(Built.For(machine).Binary)[..20];

        Assert.Equal(machine == "arm64" ? 183 : 62, header[18]); // e_machine

        Assert.True(header[16] == AtFixedAddress, "`make publish` has made a plain build, and said why");
    }

    [Fact]
    public void Every_replaced_function_has_one_that_takes_its_place_and_no_other_is_there() =>
        Assert.Equal(Built.Overrides.Order(StringComparer.Ordinal), Replacements().Keys.Order(StringComparer.Ordinal));

    [Theory]
    [MemberData(nameof(OverridesOnMachines))]
    public void A_replaced_function_is_one_of_the_runtime(string name, string machine) =>
        Assert.Contains(name, Defined(Built.For(machine)).Keys);

    [Theory]
    [MemberData(nameof(Overrides))]
    public void What_takes_its_place_has_its_parameters(string name)
    {
        string[] parameters = [.. Replacements()[name].GetParameters().Select(parameter => parameter.ParameterType.Name)];
        if (!name.StartsWith("_Z", StringComparison.Ordinal))
        {
            Assert.Equal(name == "main" ? ["Int32", "Byte**"] : [], parameters); // C: the name does not say.
            return;
        }

        string signature = Built.Run("c++filt", name).Trim();
        string[] wanted = Parameters(signature[(signature.IndexOf('(', StringComparison.Ordinal) + 1)..^1]);
        Assert.True(
            wanted.Length == parameters.Length
                && wanted.Zip(parameters).All(pair => Types[pair.First].Contains(pair.Second, StringComparer.Ordinal)),
            signature + " is " + string.Join(", ", parameters));
    }

    [Theory]
    [MemberData(nameof(OverridesOnMachines))]
    public void It_is_taken_in_the_linked_file(string name, string machine)
    {
        Built built = Built.For(machine);
        HashSet<string> linked = Linked(built);
        Assert.Contains("__wrap_" + name, linked);
        bool isCalledBack = Imports().Contains("__real_" + name, StringComparer.Ordinal);

        // The linker drops what nobody calls: if the runtime still called its own, that would be there.
        Assert.Equal(isCalledBack, linked.Contains(name));

        // A call within one object file is one that --wrap does not see.
        (string file, string member) = Defined(built)[name];
        Assert.DoesNotContain(Calls(built, file, member), call => call == name || call.StartsWith(".text." + name, StringComparison.Ordinal));
    }

    [Theory]
    [MemberData(nameof(Machines))]
    public void The_order_of_the_file_names_what_is_in_it(string machine)
    {
        Built built = Built.For(machine);
        string[] order = File.ReadAllLines(Path.Combine(Built.Root, "src/Punnet.Startup/startup.order"));
        IEnumerable<string[]> lines = built.Map.Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries));
        HashSet<string> names = [.. lines.Where(words => words.Length == 5).Select(words => words[4])];
        names.UnionWith(Linked(built));

        string[] missing = [.. order.Where(name => !names.Contains(name))];
        Assert.True(
            missing.Length <= order.Length * (1 - LeastPart),
            $"tests/bench/startup-order has to run again: {missing.Length} of {order.Length} names are gone\n{string.Join('\n', missing)}");
    }

    [Theory]
    [MemberData(nameof(Machines))]
    public void The_runtime_calls_of_the_C_library_what_somebody_has_looked_at(string machine)
    {
        IEnumerable<string> lines = File.ReadLines(Path.Combine(AppContext.BaseDirectory, "Data/libc-functions.txt"));
        string[] known =
        [
            .. lines.Where(line => line.Length > 0 && line[0] != '#').Select(line => line.Split(' '))
                .Where(words => words.Length == 1 || words[1] == machine).Select(words => words[0]),
        ];

        Assert.Equal(known, Undefined(Built.For(machine)).Order(StringComparer.Ordinal));
    }

    [Theory]
    [MemberData(nameof(Machines))]
    public void Two_C_libraries_agree_about_every_structure_and_number_that_the_runtime_passes(string machine)
    {
        Built built = Built.For(machine);
        string source = Path.Combine(AppContext.BaseDirectory, "Programs/layouts.c");
        string glibc = Path.Combine(Path.GetTempPath(), "punnet-layouts-" + Guid.NewGuid()), musl = glibc + "-musl";
        try
        {
            Built.Run(built.Tool("gcc"), "-static", "-o", glibc, source);
            Built.Run(built.MuslCompiler, "-static", "-o", musl, source);
            string[] emulator = built.IsOfThisMachine ? [] : [machine == "arm64" ? "qemu-aarch64" : "qemu-x86_64"];
            string layouts = Execute([.. emulator, glibc]);

            Assert.Contains("sizeof(struct stat) ", layouts, StringComparison.Ordinal);
            Assert.Equal(layouts, Execute([.. emulator, musl]));
        }
        finally
        {
            File.Delete(glibc);
            File.Delete(musl);
        }
    }

    [Theory]
    [InlineData("", "true")]
    [InlineData("-property:CheckedPacks=/dev/null", "")]
    public void Only_a_runtime_that_somebody_has_looked_at_is_built_upon(string property, string isChecked)
    {
        string[] words =
        [
            "msbuild", "src/Punnet/Punnet.csproj", "-target:ResolveFrameworkReferences;CheckRuntimePack", "-property:Configuration=Release",
            "-getProperty:IsPackChecked,CppLinker", property,
        ];
        string output = Built.Run("dotnet", [.. words.Where(word => word.Length > 0)]);

        Assert.Contains($"\"IsPackChecked\": \"{isChecked}\"", output, StringComparison.Ordinal);
        Assert.Equal(isChecked == "true", output.Contains("\"CppLinker\": \"musl-gcc\"", StringComparison.Ordinal));
        Assert.Equal(isChecked == "true", !output.Contains("warning PUNNET1: this is a plain build", StringComparison.Ordinal));
    }

    // Kernels of arm64 have these pages; Debian has none of 64 KiB to boot.
    [Theory]
    [InlineData("4096")]
    [InlineData("16384")]
    [InlineData("65536")]
    public void It_starts_with_pages_of_every_size(string size)
    {
        string output = Built.Run("qemu-aarch64", "-p", size, Built.For("arm64").Binary, "features");
        Assert.Contains("\"SCMP_ARCH_AARCH64\"", output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("src/Punnet", "RuntimeIdentifier=linux-riscv64", "error : punnet would be for linux-riscv64, with the system calls of ")]
    [InlineData("src/Punnet.Abi", "Architecture=riscv64", "error CS1029: #error: 'punnet has the numbers of x64 and arm64 only")]
    public void For_another_machine_nothing_is_built(string project, string property, string error)
    {
        // The compiler alone, with files of its own: nothing of the last build is touched.
        string files = Directory.CreateTempSubdirectory("punnet-build-").FullName;
        try
        {
            (int status, string output) = Built.TryRun(
                "dotnet", "build", project, "-property:" + property, "--property:IntermediateOutputPath=" + files + "/",
                "-property:OutputPath=" + files + "/out/");

            Assert.NotEqual(0, status);
            Assert.Contains(error, output, StringComparison.Ordinal);
        }
        finally
        {
            Directory.Delete(files, recursive: true);
        }
    }

    private static Dictionary<string, MethodInfo> Replacements() => Methods("RuntimeExportAttribute")
        .Where(pair => pair.Name.StartsWith("__wrap_", StringComparison.Ordinal))
        .ToDictionary(pair => pair.Name["__wrap_".Length..], pair => pair.Method, StringComparer.Ordinal);

    private static IEnumerable<string> Imports() => Methods("RuntimeImportAttribute").Select(pair => pair.Name);

    private static IEnumerable<(string Name, MethodInfo Method)> Methods(string attribute) =>
        from type in Assembly.Load("Punnet.Startup").GetTypes()
        from method in type.GetMethods(BindingFlags.Static | BindingFlags.NonPublic | BindingFlags.Public)
        from data in method.CustomAttributes
        where data.AttributeType.Name == attribute
        select ((string)data.ConstructorArguments[0].Value!, method);

    // Global functions that the linked parts of the runtime define, each with its part.
    private static Dictionary<string, (string File, string Member)> Defined(Built built)
    {
        Dictionary<string, (string, string)> defined = new(StringComparer.Ordinal);
        foreach ((string file, string member, string kind, string name) in Parts(built))
        {
            if (kind is not ("U" or "w" or "v"))
            {
                defined.TryAdd(name, (file, member));
            }
        }

        return defined;
    }

    private static IEnumerable<string> Undefined(Built built)
    {
        Dictionary<string, (string, string)> defined = Defined(built);
        string program = built.Intermediate("punnet.o");
        HashSet<string> managed = Names(Built.Run(built.Tool("nm"), "--format=just-symbols", "--defined-only", program));

        return Parts(built).Where(part => part.Kind == "U" && !defined.ContainsKey(part.Name) && !managed.Contains(part.Name))
            .Select(part => part.Name)
            .Where(name => name != "__dso_handle" && !Unreal().IsMatch(name))
            .Distinct(StringComparer.Ordinal);
    }

    // nm of every linked part: libX.a[y.o]: NAME KIND …
    private static IEnumerable<(string File, string Member, string Kind, string Name)> Parts(Built built)
    {
        HashSet<(string, string)> parts = [.. built.Parts];
        foreach (string file in built.Parts.Select(part => part.File).Distinct(StringComparer.Ordinal))
        {
            foreach (Match match in Symbol().Matches(Built.Run(built.Tool("nm"), "--print-file-name", "--format=posix", file)))
            {
                string member = match.Groups["member"].Value;
                if (parts.Contains((file, member)))
                {
                    yield return (file, member, match.Groups["kind"].Value, match.Groups["name"].Value);
                }
            }
        }
    }

    // What the code of one object file refers to.
    private static IEnumerable<string> Calls(Built built, string file, string member)
    {
        bool isInside = member.Length == 0, isCode = false;
        foreach (string line in Built.Run(built.Tool("objdump"), "--reloc", file).Split('\n'))
        {
            if (line.Contains("file format", StringComparison.Ordinal))
            {
                isInside = member.Length == 0 || line.StartsWith(member + ":", StringComparison.Ordinal);
            }
            else if (line.StartsWith("RELOCATION RECORDS FOR [", StringComparison.Ordinal))
            {
                isCode = line.Contains("[.text", StringComparison.Ordinal);
            }
            else if (isInside && isCode && line.Split(' ', StringSplitOptions.RemoveEmptyEntries) is [_, _, string target])
            {
                yield return target.Split('+', '-')[0];
            }
        }
    }

    private static string Execute(string[] words) => Built.Run(words[0], words[1..]);

    private static HashSet<string> Linked(Built built) => Names(Built.Run(built.Tool("nm"), "--format=just-symbols", built.Symbols));

    private static string[] Parameters(string text) => text.Length == 0 ? [] : text.Split(", ");

    private static HashSet<string> Names(string lines) => [.. lines.Split('\n', StringSplitOptions.RemoveEmptyEntries)];

    // Local labels and parameters of assembly that nothing refers to, and what the linker defines.
    [GeneratedRegex("^(_Rh|__start_|__stop_|(dst|val)$)", RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant, 1000)]
    private static partial Regex Unreal();

    [GeneratedRegex(
        @"^[^\[\n]*?(\[(?<member>[^\]]+)\])?: (?<name>\S+) (?<kind>\w)",
        RegexOptions.ExplicitCapture | RegexOptions.Multiline | RegexOptions.CultureInvariant,
        10000)]
    private static partial Regex Symbol();
}
